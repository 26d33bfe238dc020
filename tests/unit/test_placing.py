"""Where an appointment's event is to be, and what of it must be written (R6, R10, R13)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.appointments import (
    SYNCED,
    Appointment,
    Attendee,
    Content,
    LiveEvent,
    Placement,
    Sync,
    SyncState,
)
from shared.domain.model import Account, Calendar, LocationId, ProviderName, UserId
from shared.domain.placing import Target, in_step, intended, target, to_write

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTENT = Content("Viewing", NINE, NINE + HOUR, "Europe/Berlin", description="Flat 3")
ACCOUNT = Account(ProviderName("p"), "a")
ONE, TWO = Calendar(ACCOUNT, "1"), Calendar(ACCOUNT, "2")
OTHER = Account(ProviderName("p"), "b")
THREE = Calendar(OTHER, "3")
USER = UserId("u")
ON_ONE = Placement(USER, ONE, 1, "e", "tag", written=CONTENT)
WANTED = Appointment(LocationId("l"), "x", USER, True, "team1", CONTENT)
WRITTEN = replace(WANTED, placements=(ON_ONE,), generation=1, sync=SYNCED)
BEFORE, AFTER = NINE - HOUR, NINE + 2 * HOUR


@pytest.mark.parametrize(
    ("appointment", "primary", "accounts", "now", "expected"),
    [
        (WANTED, ONE, {ACCOUNT}, BEFORE, Target(ONE)),
        (WANTED, None, {ACCOUNT}, BEFORE, Target(blocked="no_primary_calendar")),
        (WANTED, None, set(), BEFORE, Target(blocked="not_connected")),
        (replace(WANTED, team=False), ONE, {ACCOUNT}, BEFORE, Target()),
        (replace(WANTED, cancelled=True), ONE, {ACCOUNT}, BEFORE, Target()),
        (WRITTEN, TWO, {ACCOUNT}, BEFORE, Target(TWO)),
        (WRITTEN, TWO, {ACCOUNT}, AFTER, Target(ONE)),
        (WANTED, TWO, {ACCOUNT}, AFTER, Target(TWO)),
        # Written for somebody else before: theirs is not where it stays.
        (replace(WRITTEN, user=UserId("v")), TWO, {ACCOUNT}, AFTER, Target(TWO)),
        # Written on an account that is the user's no longer: nothing may be done there (R4).
        (WRITTEN, THREE, {OTHER}, AFTER, Target(blocked="not_connected")),
        (WRITTEN, THREE, {OTHER}, BEFORE, Target(THREE)),
    ],
)
def test_r06_r13_where_the_event_is_to_be(
    appointment: Appointment,
    primary: Calendar | None,
    accounts: set[Account],
    now: datetime,
    expected: Target,
) -> None:
    assert target(appointment, primary, accounts, now) == expected


def test_each_new_event_has_a_generation_of_its_own() -> None:
    moved = intended(WRITTEN, Target(TWO))
    back = intended(replace(moved, placements=moved.placements[1:]), Target(ONE))

    assert [one.generation for one in moved.placements] == [1, 2]
    assert [one.generation for one in back.placements] == [2, 3]
    assert intended(WRITTEN, Target(ONE)) == WRITTEN


@pytest.mark.parametrize(
    ("appointment", "goal", "watched"),
    [
        (WRITTEN, Target(ONE), [True]),
        (WRITTEN, Target(TWO), [False, True]),
        (WRITTEN, Target(), [False]),
        (WRITTEN, Target(blocked="b"), [True]),
        (replace(WRITTEN, user=UserId("v")), Target(blocked="b"), [False]),
    ],
)
def test_what_becomes_of_an_event_that_is_to_go_is_no_news(
    appointment: Appointment, goal: Target, watched: list[bool]
) -> None:
    made = intended(appointment, goal)

    assert [one.watched for one in made.placements] == watched


@pytest.mark.parametrize(
    ("appointment", "goal", "expected"),
    [
        (WRITTEN, Target(ONE), True),
        (WRITTEN, Target(TWO), False),
        (replace(WRITTEN, content=replace(CONTENT, title="New")), Target(ONE), False),
        (replace(WRITTEN, sync=Sync(SyncState.PENDING)), Target(ONE), False),
        (replace(WRITTEN, placements=(ON_ONE, ON_ONE)), Target(ONE), False),
        (replace(WRITTEN, placements=(replace(ON_ONE, written=None),)), Target(ONE), False),
        (replace(WRITTEN, placements=(replace(ON_ONE, event_id=None),)), Target(ONE), False),
        (replace(WRITTEN, placements=(replace(ON_ONE, watched=False),)), Target(ONE), False),
        (WRITTEN, Target(blocked="b"), False),
        (replace(WANTED, sync=Sync(SyncState.NOT_SYNCED, "b")), Target(blocked="b"), True),
        (replace(WANTED, sync=Sync(SyncState.NOT_SYNCED, "c")), Target(blocked="b"), False),
        (replace(WRITTEN, cancelled=True), Target(), False),
        (
            replace(WANTED, cancelled=True, sync=Sync(SyncState.NOT_SYNCED, "cancelled")),
            Target(),
            True,
        ),
        (replace(WRITTEN, sync=Sync(SyncState.FAILED, "rejected")), Target(ONE), True),
        (replace(WRITTEN, sync=Sync(SyncState.FAILED, "rejected")), Target(TWO), False),
        (
            replace(WRITTEN, sync=Sync(SyncState.FAILED, "provider_unavailable")),
            Target(ONE),
            False,
        ),
    ],
)
def test_when_nothing_has_to_be_done(
    appointment: Appointment, goal: Target, expected: bool
) -> None:
    assert in_step(appointment, goal) is expected


MEETING = replace(ON_ONE, online=True)
SEEN = LiveEvent("e", NINE, NINE + HOUR, "Viewing", "tag")
INVITED = replace(CONTENT, attendees=(Attendee("a@b.example"),), invite=True)


@pytest.mark.parametrize(
    ("wanted", "placement", "seen", "fields"),
    [
        (CONTENT, ON_ONE, None, set()),
        (replace(CONTENT, title="New"), ON_ONE, None, {"title"}),
        (replace(CONTENT, zone="UTC"), ON_ONE, None, {"start"}),
        (replace(CONTENT, description="New"), ON_ONE, None, {"description"}),
        # The text of an online meeting holds the way in.
        (replace(CONTENT, description="New"), MEETING, None, set()),
        (replace(CONTENT, description="New"), ON_ONE, replace(SEEN, online=True), set()),
        # Attendees are no field of the event unless they are to be invited.
        (replace(CONTENT, attendees=(Attendee("a@b.example"),)), ON_ONE, None, set()),
        (INVITED, ON_ONE, None, {"invited"}),
        # What the event says now counts, not only what was written.
        (CONTENT, ON_ONE, replace(SEEN, title="Theirs"), {"title"}),
        (CONTENT, ON_ONE, replace(SEEN, title=None), set()),
        # Nothing is known of it: all is written, attendees only to invite.
        (
            CONTENT,
            replace(ON_ONE, written=None),
            SEEN,
            {"title", "start", "end", "description", "place"},
        ),
    ],
)
def test_only_what_differs_is_written(
    wanted: Content, placement: Placement, seen: LiveEvent | None, fields: set[str]
) -> None:
    assert to_write(wanted, placement, seen) == fields
