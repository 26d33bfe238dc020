"""Rounds of reading a Google calendar, and what they make of a mirror."""

from dataclasses import replace
from typing import Any

import pytest

from shared import errors
from shared.domain.due import CURSOR_VERSION
from shared.domain.mirror import Availability, Kind, Mirror
from shared.domain.model import CalendarState, Cursor, Detail, Window
from shared.domain.reconcile import Round, reconcile
from tests.fixtures.google.scripted import Script, items, refused, said
from tests.unit.made import WINDOW, at, days, timed, unread

EVENTS = "GET /calendars/cal/events"
CURSOR = Cursor("token", CURSOR_VERSION, replace(WINDOW, end=at("2026-05-01")))
STATE = unread(calendar_id="cal")
UNREAD = [refused(404, "notFound"), refused(400, "invalid"), refused(403, "forbidden")]


def event(key: str, start: str = "2026-03-10T10:00:00Z", **more: Any) -> Any:
    end = start.replace("T10", "T11")
    times = {"start": {"dateTime": start}, "end": {"dateTime": end}}
    return {"id": key, "etag": f'"{key}"', "status": "confirmed", "summary": key, **times, **more}


def master(key: str, **more: Any) -> Any:
    return event(key, "2020-01-07T10:00:00Z", recurrence=["RRULE:FREQ=WEEKLY"], **more)


def instance(series: str, day: str, moved: str | None = None, **more: Any) -> Any:
    original = f"{day}T10:00:00Z"
    key = f"{series}_{day.replace('-', '')}T100000Z"
    given = {"recurringEventId": series, "originalStartTime": {"dateTime": original}}
    return event(key, moved or original, **given, **more)


def gone(key: str, series: str | None = None) -> Any:
    return {"id": key, "status": "cancelled", **({"recurringEventId": series} if series else {})}


async def read(
    script: Script,
    cursor: Cursor | None = None,
    window: Window = WINDOW,
    state: CalendarState = STATE,
) -> Round:
    async def progress(_: int) -> None: ...

    return await script.provider.read(script.token, state, cursor, window, progress)


# Full rounds


async def test_a_full_round_reads_series_as_such_and_then_their_events() -> None:
    script = Script(
        items(
            master("m"),
            event("single"),
            instance("m", "2026-03-17", "2026-03-18T10:00:00Z"),
            gone("m_20260324T100000Z", "m"),
            nextSyncToken="next",
        ),
        items(
            event("single"),
            instance("m", "2026-03-10"),
            instance("m", "2026-03-17", "2026-03-18T10:00:00Z"),
            nextSyncToken="not this one",
        ),
    )

    found = await read(script)

    assert script.asked == [EVENTS, EVENTS]
    first, second = script.query(0), script.query(1)
    assert (first["singleEvents"], first["timeMin"]) == ("false", "2026-02-08T00:00:00Z")
    assert "timeMax" not in first
    assert (second["singleEvents"], second["timeMin"]) == ("true", "2026-02-08T00:00:00Z")
    assert second["timeMax"] == "2026-06-01T00:00:00Z"
    assert {"showDeleted", "syncToken", "orderBy"}.isdisjoint(first)
    assert found.full
    assert found.cursor == Cursor("next", CURSOR_VERSION, WINDOW)
    assert (found.window, found.zone, found.requests) == (WINDOW, "Europe/Berlin", 2)
    assert found.series.keys() == {"m"}
    assert found.series["m"].first == timed("2020-01-07 10:00", "2020-01-07 11:00")
    assert {key: one.kind for key, one in found.events.items()} == {
        "single": Kind.SINGLE,
        "m_20260310T100000Z": Kind.OCCURRENCE,
        "m_20260317T100000Z": Kind.EXCEPTION,
    }
    assert (found.removed, found.relisted) == (frozenset(), frozenset())


async def test_all_pages_are_read_also_empty_ones() -> None:
    script = Script(
        items(event("a"), nextPageToken="2"),
        items(nextPageToken="3"),
        items(event("b"), nextSyncToken="next"),
        items(event("a"), nextPageToken="2"),
        items(event("b")),
    )
    told: list[int] = []

    async def progress(events: int) -> None:
        told.append(events)

    found = await script.provider.read(script.token, STATE, None, WINDOW, progress)

    assert found.events.keys() == {"a", "b"}
    assert [script.query(n).get("pageToken") for n in range(5)] == [None, "2", "3", None, "2"]
    for number in range(1, 3):  # the same but for the page
        rest = script.query(number)
        rest.pop("pageToken")
        assert rest == script.query(0)
    assert told == [1, 1, 2, 2, 2]


async def test_a_round_without_a_token_at_its_end_has_no_cursor() -> None:
    found = await read(Script(items(event("a")), items(event("a"))))
    assert found.cursor is None


async def test_events_of_a_series_that_was_not_listed() -> None:
    """One is of a series that ended before the window; to the other alone the user is invited."""
    script = Script(
        items(nextSyncToken="next"),
        items(
            instance("ended", "2025-01-07", "2026-03-10T10:00:00Z"), instance("alone", "2026-03-10")
        ),
        refused(404, "notFound"),
        said(master("ended")),
    )
    found = await read(script)
    assert script.asked[2:] == [f"{EVENTS}/alone", f"{EVENTS}/ended"]
    assert {one.series_id: one.kind for one in found.events.values()} == {
        "ended": Kind.EXCEPTION,
        None: Kind.SINGLE,
    }
    assert found.series.keys() == {"ended"}


async def test_all_day_events_and_a_zone_that_is_none() -> None:
    body = {**event("a"), "start": {"date": "2026-03-10"}, "end": {"date": "2026-03-12"}}
    page = {"items": [body], "timeZone": "Nowhere/Land"}
    found = await read(Script(said(page), said(page)))
    assert found.events["a"].span == days("2026-03-10", "2026-03-12")
    assert found.zone is None


@pytest.mark.parametrize("odd", [{"summary": 7}, {"attendees": "all"}, {"transparency": {}}])
async def test_e4_r16_an_odd_event_takes_its_time_and_tells_nothing(odd: Any) -> None:
    page = (event("odd", **odd), event("a"))
    found = await read(Script(items(*page, nextSyncToken="next"), items(*page)))
    assert found.events.keys() == {"a", "odd"}
    assert found.events["odd"].span == timed("2026-03-10 10:00", "2026-03-10 11:00")
    assert (found.events["odd"].availability, found.events["odd"].title) == (
        Availability.BUSY,
        None,
    )
    assert found.events["a"].title == "a"


@pytest.mark.parametrize(
    "odd",
    [
        {"start": "now"},
        {"end": {"dateTime": 7}},
        {"id": None},
        {"recurrence": 7},
        {"recurringEventId": 7},
    ],
)
async def test_r16_a_round_with_time_that_cannot_be_read_is_not_used(odd: Any) -> None:
    page = (event("odd") | odd, event("a"))
    with pytest.raises(errors.ProviderUnavailable):
        await read(Script(items(*page, nextSyncToken="next"), items(*page)))
    with pytest.raises(errors.ProviderUnavailable):
        await read(Script(items(*page, nextSyncToken="next")), CURSOR)


# Rounds of changes


async def test_what_was_deleted_and_what_was_changed() -> None:
    script = Script(
        items(
            event("new"),
            gone("deleted"),
            gone("m_20260310T100000Z", "m"),
            instance("m", "2026-03-17", "2026-03-18T10:00:00Z"),
            nextSyncToken="next",
        ),
        said(master("m")),
    )

    found = await read(script, CURSOR)

    assert script.asked == [EVENTS, f"{EVENTS}/m"]
    asked = script.query(0)
    assert (asked["syncToken"], asked["singleEvents"]) == ("token", "false")
    assert {"timeMin", "timeMax", "showDeleted"}.isdisjoint(asked)
    assert not found.full
    assert found.cursor == Cursor("next", CURSOR_VERSION, CURSOR.window)
    assert found.window == CURSOR.window
    assert found.removed == {"deleted", "m_20260310T100000Z"}
    assert found.relisted == frozenset()
    assert {key: one.kind for key, one in found.events.items()} == {
        "new": Kind.SINGLE,
        "m_20260317T100000Z": Kind.EXCEPTION,
    }
    assert found.requests == 2


async def test_r16_another_zone_of_the_calendar_makes_a_full_round() -> None:
    """All-day events lie in it, and none of them is told when it changes."""
    state = replace(STATE, zone="America/New_York")
    full = (items(event("a"), nextSyncToken="next"), items(event("a")))
    found = await read(Script(items(), *full), CURSOR, state=state)
    assert (found.full, found.zone) == (True, "Europe/Berlin")

    for zone, said_zone in (("Europe/Berlin", "Europe/Berlin"), (None, "Europe/Berlin")):
        script = Script(items(timeZone=said_zone))
        assert not (await read(script, CURSOR, state=replace(STATE, zone=zone))).full
    for odd in (None, "Nowhere/Land"):
        assert not (await read(Script(items(timeZone=odd)), CURSOR, state=state)).full


async def test_a_series_that_changed_is_listed_anew() -> None:
    script = Script(
        items(
            instance("m", "2026-03-17", "2026-03-18T10:00:00Z"),
            gone("m_20260310T100000Z", "m"),
            master("m"),
            nextSyncToken="next",
        ),
        items(instance("m", "2026-03-17", "2026-03-19T10:00:00Z"), nextPageToken="2"),
        items(instance("m", "2026-03-24")),
    )

    found = await read(script, CURSOR)

    assert script.asked == [EVENTS, f"{EVENTS}/m/instances", f"{EVENTS}/m/instances"]
    assert script.query(1)["timeMin"] == "2026-02-08T00:00:00Z"
    assert script.query(1)["timeMax"] == "2026-05-01T00:00:00Z"
    assert found.relisted == {"m"}
    assert found.series.keys() == {"m"}
    assert {key: one.span for key, one in found.events.items()} == {
        "m_20260317T100000Z": timed("2026-03-19 10:00", "2026-03-19 11:00"),
        "m_20260324T100000Z": timed("2026-03-24 10:00", "2026-03-24 11:00"),
    }


async def test_an_invitation_to_one_event_of_a_series_counts_by_itself() -> None:
    for answer in (*UNREAD, refused(410, "deleted"), said(gone("m"))):
        script = Script(items(instance("m", "2026-03-17")), answer)
        found = await read(script, CURSOR)
        [one] = found.events.values()
        assert (one.kind, one.series_id) == (Kind.SINGLE, None)


async def test_an_event_that_outlives_its_series_counts_by_itself() -> None:
    script = Script(items(gone("m"), instance("m", "2026-03-17")))
    found = await read(script, CURSOR)
    after = reconcile(Mirror(), found, Detail.TITLES).mirror
    assert [one.kind for one in after.events.values()] == [Kind.SINGLE]
    assert found.removed == {"m"}


@pytest.mark.parametrize("answer", UNREAD)
async def test_a_series_that_cannot_be_read_alone_makes_a_full_round(answer: Any) -> None:
    full = (items(event("m"), nextSyncToken="next"), items(event("m")))
    found = await read(Script(items(master("m")), answer, *full), CURSOR)
    assert found.full
    assert found.events["m"].kind is Kind.SINGLE


async def test_many_changed_series_make_a_full_round() -> None:
    changed = items(*(master(f"m{n}") for n in range(21)))
    full = (items(master("m1"), nextSyncToken="next"), items(instance("m1", "2026-03-17")))
    script = Script(changed, *full)
    found = await read(script, CURSOR)
    assert found.full
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        refused(410, "fullSyncRequired"),
        refused(410, "updatedMinTooLongAgo"),
        refused(400, "invalid"),
        refused(400, "syncTokenWithRequestRestrictions"),
    ],
)
async def test_a_token_that_is_not_taken_any_more(answer: Any) -> None:
    with pytest.raises(errors.CursorLost):
        await read(Script(answer), CURSOR)


async def test_a_token_that_dies_in_mid_round() -> None:
    lost = refused(410, "fullSyncRequired")
    with pytest.raises(errors.CursorLost):
        await read(Script(items(event("a"), nextPageToken="2"), lost), CURSOR)
    with pytest.raises(errors.CursorLost):
        await read(Script(items(event("a"), nextPageToken="2"), lost))


async def test_a_page_that_is_not_given_any_more_is_tried_again() -> None:
    for cursor in (None, CURSOR):
        script = Script(items(event("a"), nextPageToken="2"), refused(400, "invalid"))
        with pytest.raises(errors.ProviderUnavailable):
            await read(script, cursor)


async def test_changes_without_end_make_a_full_round() -> None:
    endless = [items(event("a"), nextPageToken=f"{n}") for n in range(3)]
    full = (items(event("a"), nextSyncToken="next"), items(event("a")))
    assert (await read(Script(*endless, *full), CURSOR)).full
    with pytest.raises(errors.RoundEndless):
        await read(Script(*(items(event("a"), nextPageToken=f"{n}") for n in range(3))))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(404, "notFound"), errors.CalendarGone),
        (refused(410, "deleted"), errors.CalendarGone),
        (refused(403, "forbidden"), errors.CalendarForbidden),
        (refused(403, "rateLimitExceeded", "usageLimits"), errors.Throttled),
        (refused(403, "insufficientPermissions"), errors.ReconnectRequired),
        (refused(500, "backendError"), errors.ProviderUnavailable),
    ],
)
async def test_what_else_ends_a_round(answer: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        await read(Script(answer))
    with pytest.raises(expected):
        await read(Script(items(event("a"), nextSyncToken="next"), answer))


# What becomes of the mirror


async def full_mirror() -> Mirror:
    script = Script(
        items(master("m"), nextSyncToken="next"),
        items(event("a"), instance("m", "2026-03-10"), instance("m", "2026-03-17")),
    )
    return reconcile(Mirror(), await read(script), Detail.TITLES).mirror


async def after(*answers: Any) -> set[str]:
    found = await read(Script(*answers), CURSOR)
    return set(reconcile(await full_mirror(), found, Detail.TITLES).mirror.events)


FIRST, SECOND = "m_20260310T100000Z", "m_20260317T100000Z"


async def test_an_event_moved_out_of_the_window_drops_out() -> None:
    assert await full_mirror_keys() == {"a", FIRST, SECOND}
    assert await after(items(event("a", "2027-03-10T10:00:00Z"))) == {FIRST, SECOND}
    assert await after(items(event("a", "2025-03-10T10:00:00Z"))) == {FIRST, SECOND}
    moved = instance("m", "2026-03-10", "2027-03-10T10:00:00Z")
    assert await after(items(moved), said(master("m"))) == {"a", SECOND}


async def full_mirror_keys() -> set[str]:
    return set((await full_mirror()).events)


async def test_deleted_events_drop_out() -> None:
    assert await after(items(gone("a"), gone("unknown"))) == {FIRST, SECOND}
    assert await after(items(gone(FIRST, "m"))) == {"a", SECOND}
    assert await after(items(gone("m"))) == {"a"}
    assert await after(items(master("m")), items(instance("m", "2026-03-17"))) == {"a", SECOND}
    assert await after(items(event("m"))) == {"a", "m"}
