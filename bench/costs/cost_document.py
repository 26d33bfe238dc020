"""Writes the figures of docs/cost.md; `--check` only compares."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.costs.cost import Line, Month, monthly
from bench.costs.load import MIX, NOTIFICATION, SWEEP, Figures, Share
from bench.costs.prices import PRICES
from bench.document import BEGIN, END, write_into

SIZES = (1_000, 10_000, 100_000)
_SHOWN = 10_000
_POLLS = (5, 15, 30, 60)
_DOCUMENT = Path("docs") / "cost.md"
_PARTS = ("Functions", "Storage", "Logs and alerts", "Vault and network")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.costs.cost_document", description=__doc__)
    parser.add_argument("--check", action="store_true")
    made = text(Figures.read())
    if parser.parse_args().check:
        sys.exit(None if made == written() else f"{_DOCUMENT} has other figures.")
    print(write(made))


def write(made: str) -> str:
    """What became of it, for people."""
    refused = write_into(_DOCUMENT, made)
    return f"Not written: {refused}." if refused else f"Written into {_DOCUMENT}."


def written() -> str:
    """What the document has now."""
    _, _, rest = _DOCUMENT.read_text("utf-8").partition(f"{BEGIN}\n")
    return rest.partition(f"\n{END}")[0]


def text(figures: Figures) -> str:
    months = {size: monthly(figures, size) for size in SIZES}
    parts = [
        f"Counted on {figures.measured}. {_largest(months[_SHOWN])}",
        "### A month, in USD",
        _table(("mailboxes", *(f"{size:,}" for size in SIZES)), _summary(months)),
        f"### Line by line, for {_SHOWN:,} mailboxes",
        _table(("line", "arithmetic", "amount", "price", "USD"), _lines(months[_SHOWN])),
        f"### What changes it, for {_SHOWN:,} mailboxes",
        _table(("change", "USD a month", "saved"), _lower(figures)),
        "### What a mailbox asks for in a day",
        _table(("", *(f"{changes} changes" for changes in MIX), "mix"), _day(figures)),
        "### Prices",
        _table(("of", "USD", "for", "free in a month", "page", "seen"), _prices()),
    ]
    return "\n\n".join(parts)


def _largest(month: Month) -> str:
    lines = sorted(month.lines, key=month.usd, reverse=True)[:4]
    told = ", ".join(f"{one.name} {month.usd(one) / month.total:.0%}" for one in lines)
    return f"The largest lines for {month.mailboxes:,} mailboxes: {told}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _summary(months: dict[int, Month]) -> Iterable[Sequence[str]]:
    for part in _PARTS:
        yield (part, *(_usd(month.of(part)) for month in months.values()))
    yield ("**all**", *(f"**{_usd(month.total)}**" for month in months.values()))
    yield ("a mailbox", *(f"{month.total / size:.3f}" for size, month in months.items()))


def _lines(month: Month) -> Iterable[Sequence[str]]:
    for line in month.lines:
        price = PRICES[line.price]
        a_unit = f"{price.usd:.6f}".rstrip("0").rstrip(".")
        per = f"{price.per:,.0f} " if price.per != 1 else ""
        told = f"{a_unit} for {per}{price.unit}" if per else f"{a_unit} a {price.unit}"
        amount = f"{_amount(line.amount)} {price.unit}"
        yield line.name, line.how, amount, told, _usd(month.usd(line))


def _lower(figures: Figures) -> Iterable[Sequence[str]]:
    """Each by itself, then all of them."""
    now = monthly(figures, _SHOWN)
    yield "as it is", _usd(now.total), ""
    for poll in _POLLS[1:]:
        less = monthly(figures, _SHOWN, poll)
        yield f"`SWEEP_MINUTES_WITHOUT_PUSH={poll}`", *_saved(now, less)
    for name, left_out in _LESS.items():
        yield name, *_saved(now, _without(now, left_out))
    yield "`DETAILED_LOGS=true`", *_saved(now, monthly(figures, _SHOWN, detailed_logs=True))
    least = _without(monthly(figures, _SHOWN, 15), lambda one: any(f(one) for f in _LESS.values()))
    yield "every 15 minutes, and fewer traces", *_saved(now, least)


_LESS: dict[str, Callable[[Line], bool]] = {
    "the host's traces of runs from `Warning` on (`host.json`)": (
        lambda one: one.name == "the host's traces"
    ),
}


def _without(month: Month, left_out: Callable[[Line], bool]) -> Month:
    return replace(month, lines=tuple(one for one in month.lines if not left_out(one)))


def _saved(now: Month, less: Month) -> Sequence[str]:
    return _usd(less.total), f"{(1 - less.total / now.total) * 100:.0f} %"


def _day(figures: Figures) -> Iterable[Sequence[str]]:
    days = [_share(figures, changes) for changes in MIX]
    parts = zip(days, MIX.values(), strict=True)
    every = [*days, sum((day.times(part) for day, part in parts), Share())]
    rows: dict[str, Callable[[Share], float]] = {
        "runs of queues": lambda one: one.runs,
        "operations on tables": lambda one: one.tables,
        "of these, rows deleted": lambda one: one.deletions,
        "messages put on queues": lambda one: one.sends,
        "requests to Graph": lambda one: one.asked,
        "requests to Entra": lambda one: one.signed_in,
        "webhooks": lambda one: one.webhooks,
        "processor, s": lambda one: one.cpu,
        "our records, kB": lambda one: one.log_bytes / 1e3,
    }
    for name, of in rows.items():
        yield name, *(f"{of(one):,.1f}" for one in every)
    kept = [f"{figures.kept[changes] / 1e3:,.0f}" for changes in MIX]
    mean = sum(part * figures.kept[changes] for changes, part in MIX.items()) / 1e3
    yield "in the tables after it, kB", *kept, f"{mean:,.0f}"
    yield "part of the mix", *(f"{part:.0%}" for part in MIX.values()), ""


def _share(figures: Figures, changes: int) -> Share:
    """Runs are those of queues; what the sweep reads is not the mailbox's."""
    found = Share()
    for kind, tally in figures.days[changes].items():
        one = Share.of(tally)
        found += Share(sends=one.sends) if kind == SWEEP else one
        found += Share(runs=-one.runs) if kind == NOTIFICATION else Share()
    return found


def _prices() -> Iterable[Sequence[str]]:
    for name, price in PRICES.items():
        usd = f"{price.usd:.6f}".rstrip("0").rstrip(".")
        per = f"{price.per:,.0f} {price.unit}" if price.per != 1 else price.unit
        free = f"{price.free:,.0f}" if price.free else ""
        yield name, usd, per, free, f"[page]({price.page})", price.seen


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    main()
