"""The simulated sweep, and how what was counted is told apart."""

from collections import Counter

from bench.costs.hour import Rosters, simulated, ticks
from bench.costs.load import Share
from bench.costs.prices import Price
from bench.lasting.tally import Tally
from shared.domain.due import MINUTES
from shared.messages import Message

_EVEN = Rosters(push=[1] * MINUTES, poll=[1] * MINUTES)


def test_a_fast_sweep_begins_each_minute_and_finds_its_slots() -> None:
    begun = list(ticks(_EVEN, puts=100.0))
    assert [tick.second for tick in begun] == list(range(0, 3 * 3_600, 60))
    assert {tick.found for tick in begun} == {1 + 12}


def test_a_slow_sweep_makes_up_for_the_minutes_that_it_missed() -> None:
    first, second, *_ = ticks(_EVEN, puts=13 / 150)
    assert (first.second, first.found, round(first.took)) == (0, 13, 150)
    assert (second.second, second.found) == (180, 3 * 13)


def test_messages_wait_where_fewer_are_worked_off_than_come() -> None:
    few, many = (simulated(_EVEN, a_second=a, puts=50, changes=10) for a in (9, 1_000))
    assert max(many.waits) == 0
    assert min(few.waits) > 60


def test_queues_have_names_that_no_table_has() -> None:
    assert all("-" in kind.queue for kind in Message.__subclasses__())
    counted = Counter({"POST sync-calendar": 2, "POST $batch": 1, "DELETE accounts": 1})
    share = Share.of(Tally(runs=1, writes=4, storage=counted))
    assert (share.sends, share.tables, share.deletions) == (2, 2, 1)


def test_what_is_free_costs_nothing() -> None:
    price = Price(2.0, 10, "things", "page", free=100)
    assert [price.of(amount) for amount in (99, 100, 110)] == [0.0, 0.0, 2.0]
