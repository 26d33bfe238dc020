"""What connected mailboxes cost in a month, line by line.

From what mailbox_day.py has counted, the prices of prices.py, and what is assumed there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.costs.load import MEASURED_POLL_MINUTES, MIX, NOTIFICATION, Figures, Load, load
from bench.costs.prices import ALERTS, ALWAYS_READY_INSTANCES, ASSUMED, PRICES
from bench.costs.work import DAYS, MINUTES, Group, groups, notifications, unwraps

FUNCTIONS, STORAGE, LOGS, REST = "Functions", "Storage", "Logs and alerts", "Vault and network"
_GB = 1e9
_ROSTER_READS = 13
"""Of a tick: one slot of the calendars with push, twelve of those without."""


@dataclass(frozen=True)
class Line:
    """`how` is the arithmetic of the amount."""

    part: str
    name: str
    price: str
    amount: float
    how: str


@dataclass(frozen=True)
class Month:
    """The bill of a month."""

    mailboxes: int
    lines: tuple[Line, ...]

    def usd(self, line: Line) -> float:
        """Lines of one price share what is free of it."""
        amount = sum(one.amount for one in self.lines if one.price == line.price)
        return PRICES[line.price].of(amount) * line.amount / amount if amount else 0.0

    def of(self, part: str) -> float:
        return sum(self.usd(line) for line in self.lines if line.part == part)

    @property
    def total(self) -> float:
        return sum(self.usd(line) for line in self.lines)


def monthly(
    figures: Figures,
    mailboxes: int,
    poll_minutes: int = MEASURED_POLL_MINUTES,
    mix: Mapping[int, float] = MIX,
    *,
    detailed_logs: bool = False,
) -> Month:
    """`poll_minutes` is SWEEP_MINUTES_WITHOUT_PUSH, `detailed_logs` DETAILED_LOGS."""
    found = load(figures, mix, poll_minutes)
    logs = _detailed_logs if detailed_logs else _logs
    parts = (_functions, _storage, logs, _rest)
    return Month(mailboxes, tuple(line for part in parts for line in part(found, mailboxes)))


def executions(found: Load, mailboxes: int) -> float:
    """Of all but HTTP, in a month."""
    queued = sum(share.runs for kind, share in found.shares.items() if kind != NOTIFICATION)
    return queued * mailboxes * DAYS + MINUTES


def _functions(found: Load, mailboxes: int) -> Iterator[Line]:
    gb = ASSUMED.memory_gb
    for name, group in groups(found, mailboxes).items():
        yield _at_work(name, group)
    runs = executions(found, mailboxes)
    yield Line(FUNCTIONS, "executions", "executions", runs, f"{runs:,.0f} runs of queues and timer")
    baseline = ALWAYS_READY_INSTANCES * gb * MINUTES * 60
    how = f"{ALWAYS_READY_INSTANCES} instance × {gb:g} GB × {MINUTES * 60:,} s"
    yield Line(FUNCTIONS, "always ready: baseline", "always ready", baseline, how)
    posts = notifications(found, mailboxes)
    busy = Group(0, posts / MINUTES, ASSUMED.http_seconds, ASSUMED.http_seconds / 4).paid_seconds
    how = f"{busy:,.0f} s at work × {gb:g} GB, {posts:,.0f} notifications"
    yield Line(FUNCTIONS, "always ready: at work", "always ready, working", busy * gb, how)
    name = "always ready: executions"
    yield Line(FUNCTIONS, name, "always ready, executions", posts, f"{posts:,.0f} notifications")


def _at_work(name: str, group: Group) -> Line:
    seconds, gb = group.paid_seconds, ASSUMED.memory_gb
    a_minute = group.swept + group.spread
    how = (
        f"{a_minute:,.1f} runs a minute × {group.busy * 1e3:,.0f} ms, a second at least "
        f"= {seconds:,.0f} s × {gb:g} GB"
    )
    return Line(FUNCTIONS, f"at work: {name}", "on demand", seconds * gb, how)


def _storage(found: Load, mailboxes: int) -> Iterator[Line]:
    total = found.total
    tables = total.tables * mailboxes * DAYS + _ROSTER_READS * MINUTES
    how = f"{total.tables:,.0f} a mailbox and day; {_ROSTER_READS} a minute for the sweep"
    yield Line(STORAGE, "table operations", "table operations", tables, how)
    messages = total.sends * mailboxes * DAYS
    how = f"{total.sends:,.0f} messages a mailbox and day, each put, taken and deleted"
    yield Line(STORAGE, "queue operations", "queue operations", 3 * messages, how)
    heads = ASSUMED.queues / 2 * MINUTES
    how = f"{ASSUMED.queues // 2} queues each minute, that none stands still"
    yield Line(STORAGE, "looks at heads of queues", "queue operations", heads, how)
    looks = ASSUMED.queues * ASSUMED.looks_a_queue_minute * MINUTES
    how = f"{ASSUMED.queues} queues × {ASSUMED.looks_a_queue_minute:g} a minute"
    yield Line(STORAGE, "looks at empty queues", "queue operations", looks, how)
    kept = found.kept_bytes * mailboxes / _GB
    how = f"{found.kept_bytes / 1e3:,.0f} kB a mailbox"
    yield Line(STORAGE, "capacity of tables", "table capacity", kept, how)
    blobs = ASSUMED.blob_operations_month
    yield Line(STORAGE, "the host's own storage", "blob operations", blobs, "locks and timers")


def _logs(found: Load, mailboxes: int) -> Iterator[Line]:
    runs, total = executions(found, mailboxes) + notifications(found, mailboxes), found.total
    a_record = total.log_bytes / max(1.0, total.runs)
    parts = {
        "our records": a_record + ASSUMED.rest_bytes,
        "the host's traces": ASSUMED.host_traces * ASSUMED.host_trace_bytes,
        "requests and spans": ASSUMED.request_bytes + ASSUMED.span_bytes,
    }
    for name, size in parts.items():
        yield _log(name, runs, size, "runs")
    asked = unwraps(found, mailboxes)
    yield _log("AuditEvent of the vault", asked, ASSUMED.vault_log_bytes, "requests")
    yield Line(LOGS, "platform metrics", "logs", ASSUMED.fixed_log_gb, "whatever the size")
    for price, count in ALERTS.items():
        yield Line(LOGS, f"{count} alerts", price, count, price.partition(", ")[2])


def _detailed_logs(found: Load, mailboxes: int) -> Iterator[Line]:
    plain = list(_logs(found, mailboxes))
    again = sum(one.amount for one in plain if one.name in {"our records", "the host's traces"})
    yield from plain
    yield Line(LOGS, "FunctionAppLogs: both again", "logs", again, "records and traces once more")
    deletions = found.total.deletions * mailboxes * DAYS
    yield _log("StorageDelete of tables", deletions, ASSUMED.deletion_log_bytes, "rows deleted")


def _log(name: str, records: float, size: float, of: str) -> Line:
    how = f"{records:,.0f} {of} × {size:,.0f} bytes"
    return Line(LOGS, name, "logs", records * size / _GB, how)


def _rest(found: Load, mailboxes: int) -> Iterator[Line]:
    asked = unwraps(found, mailboxes)
    how = "data keys that an instance does not know yet"
    yield Line(REST, "unwrapping of data keys", "key operations", asked, how)
    yield Line(REST, "the key", "key", 1, "")
    total = found.total
    requests = (total.asked + total.signed_in + total.webhooks) * mailboxes * DAYS
    sent = requests * ASSUMED.out_bytes_a_request / _GB
    how = f"{requests:,.0f} requests × {ASSUMED.out_bytes_a_request:,} bytes"
    yield Line(REST, "sent out of Azure", "outbound", sent, how)
