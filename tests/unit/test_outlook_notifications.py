"""What Graph posts: real bodies, forged ones, and garbage (F08)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.model import CalendarKey
from shared.domain.proof import prove, proven
from shared.providers.notifications import News, Post, Told
from shared.providers.outlook.notifications import read
from tests.unit.made import fixture

SECRET = "s" * 32
ONE, OTHER = CalendarKey("1" * 32), CalendarKey("2" * 32)
REMOVED, REAUTHORIZE, CHANGED = Told.PUSH_REMOVED, Told.REAUTHORIZE, Told.CHANGED
MISSED = Told.MISSED


def told(*items: Any) -> dict[CalendarKey, Told]:
    """What is told of each calendar."""
    return {news.calendar: news.told for news in whole(*items)}


def whole(*items: Any) -> list[News]:
    status, news = answered(json.dumps({"value": items}).encode())
    assert status == 202
    assert len({one.calendar for one in news}) == len(news)
    return news


def answered(body: bytes) -> tuple[int, list[News]]:
    found = read(Post({}, {}, body), _proven)
    return found.status, list(found.news)


def _proven(text: str | None) -> CalendarKey | None:
    return proven(SECRET, text)


def item(key: CalendarKey, event: str | None = None) -> dict[str, Any]:
    return {"clientState": prove(SECRET, key), "lifecycleEvent": event}


def _items(number: str) -> list[list[dict[str, Any]]]:
    found = []
    for one in fixture(number)["examples"]:
        body = one.get("body") or one["request"]["body"]
        found.append(body["value"])
    return found


@pytest.mark.parametrize("items", _items("23"))
def test_real_change_notifications(items: list[dict[str, Any]]) -> None:
    """As they are nothing proves them; with our proof each tells its calendar, once."""
    assert told(*items) == {}
    states = sorted({one["clientState"] for one in items})
    keys = dict(zip(states, (ONE, OTHER), strict=False))
    ours = [{**one, "clientState": prove(SECRET, keys[one["clientState"]])} for one in items]
    assert told(*ours) == {keys[state]: CHANGED for state in states}


@pytest.mark.parametrize(
    ("items", "expected"),
    list(zip(_items("24"), [REMOVED, MISSED, REAUTHORIZE, CHANGED, REMOVED], strict=True)),
)
def test_real_lifecycle_notifications(items: list[dict[str, Any]], expected: Told) -> None:
    """The last body tells all three of one subscription: that it is gone counts most."""
    assert told(*items) == {}
    assert told(*({**one, "clientState": prove(SECRET, ONE)} for one in items)) == {ONE: expected}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([None], CHANGED),
        ([None, "missed"], MISSED),
        (["missed", None], MISSED),
        (["missed", "reauthorizationRequired"], REAUTHORIZE),
        (["reauthorizationRequired", "missed"], REAUTHORIZE),
        (["subscriptionRemoved", "reauthorizationRequired", None], REMOVED),
        (["missed", None, "subscriptionRemoved"], REMOVED),
        (["subscriptionRemoved", "missed"], REMOVED),
        (["something new"], CHANGED),
        (["something new", "subscriptionRemoved"], REMOVED),
    ],
)
def test_of_several_events_the_gravest_counts(found: list[str | None], expected: Told) -> None:
    assert told(*(item(ONE, event) for event in found)) == {ONE: expected}


def test_the_subscription_told_is_the_one_that_it_happens_to() -> None:
    """What happens to an old subscription must not be taken for the one that lives."""
    live, old = ({**item(ONE), "subscriptionId": name} for name in ("live", "old"))
    gone = {**old, "lifecycleEvent": "subscriptionRemoved"}
    missed = {**live, "lifecycleEvent": "missed"}
    for items in ([live, gone, missed], [missed, gone, live]):
        assert whole(*items) == [News(ONE, REMOVED, "old")]
    assert whole(live, missed) == [News(ONE, MISSED, "live")]
    assert whole(live) == [News(ONE, CHANGED)]


def test_forged_items_are_left_out_and_the_others_count() -> None:
    forged = {"clientState": f"{OTHER}.{'A' * 43}"}
    assert told(forged, item(ONE), {"clientState": None}, {}) == {ONE: CHANGED}
    assert told(forged) == {}


def test_several_calendars_in_one_body() -> None:
    assert told(item(ONE), item(OTHER, "missed"), item(ONE)) == {
        ONE: CHANGED,
        OTHER: MISSED,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'{"value":null}', b'{"value":{}}', b'{"value":[1]}', b"\xff",
        b'{"value":[{"clientState":7}]}', b'{"value":[{"lifecycleEvent":[]}]}', b"[" * 5000,
        b'{"value":[{"clientState":"\\ud800"}]}', b'{"value":' + b'[{"a":' * 3000,
    ],
)  # fmt: skip
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    assert answered(body) == (400, [])


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["value", "clientState", "lifecycleEvent", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=200), json_values.map(lambda v: json.dumps(v).encode())))
def test_garbage_tells_of_no_calendar(body: bytes) -> None:
    status, news = answered(body)
    assert status in {202, 400}
    assert news == []


@given(
    st.lists(
        st.tuples(st.sampled_from([ONE, OTHER]), st.one_of(st.none(), st.text(max_size=12))),
        max_size=6,
    ),
    st.lists(json_values.filter(lambda v: isinstance(v, str) or v is None), max_size=3),
)
def test_exactly_the_proven_calendars_are_told(
    ours: list[tuple[CalendarKey, str | None]], strange: list[str | None]
) -> None:
    items = [item(key, event) for key, event in ours]
    items += [{"clientState": state} for state in strange]
    assert told(*items).keys() == {key for key, _ in ours}
