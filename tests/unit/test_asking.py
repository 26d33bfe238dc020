"""What a request makes of an appointment: new, changed, repeated, late (tables)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.appointments import (
    Appointment,
    Asked,
    Content,
    Placement,
    SyncState,
)
from shared.domain.asking import Late, asked_for, deleted
from shared.domain.model import Account, Calendar, LocationId, ProviderName, UserId

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTENT = Content("Viewing", NINE, NINE + HOUR, "Europe/Berlin", description="Flat 3")
ASKED = Asked(UserId("u"), True, "team1", CONTENT)
MOVED = replace(ASKED, content=replace(CONTENT, start=NINE + HOUR, end=NINE + 2 * HOUR))
PLACEMENT = Placement(UserId("u"), Calendar(Account(ProviderName("p"), "a"), "c"), 1, "event")


def asked(kept: Appointment | None, what: Asked, version: int | None = None) -> Appointment:
    made = asked_for(kept, LocationId("l"), "x", what, version)
    assert isinstance(made, Appointment)
    return made


@pytest.mark.parametrize(
    ("what", "state", "code"),
    [
        (ASKED, SyncState.PENDING, None),
        (replace(ASKED, team=False), SyncState.NOT_SYNCED, "unassigned_calendar"),
        (replace(ASKED, cancelled=True), SyncState.NOT_SYNCED, "cancelled"),
    ],
)
def test_r10_a_new_appointment(what: Asked, state: SyncState, code: str | None) -> None:
    made = asked(None, what, 3)

    assert (made.sync.state, made.sync.code) == (state, code)
    assert (made.version, made.revision) == (3, 1)


@pytest.mark.parametrize("version", [None, 5])
def test_a_repeat_changes_nothing_even_after_a_change_from_outside(version: int | None) -> None:
    kept = asked(None, ASKED, version)
    applied = replace(kept, content=MOVED.content, revision=2)

    assert asked(applied, ASKED, version) is applied


@pytest.mark.parametrize(
    ("kept", "given", "what", "late"),
    [
        (5, 4, MOVED, Late.OLDER_VERSION),
        (5, 4, ASKED, Late.OLDER_VERSION),
        (5, 5, MOVED, Late.VERSION_REUSED),
        (5, 6, MOVED, None),
        (5, None, MOVED, None),
        (None, 1, MOVED, None),
    ],
)
def test_an_older_version_is_refused(
    kept: int | None, given: int | None, what: Asked, late: Late | None
) -> None:
    made = asked_for(asked(None, ASKED, kept), LocationId("l"), "x", what, given)

    if late is None:
        assert isinstance(made, Appointment)
        assert made.content == what.content
    else:
        assert made is late


def test_the_same_request_with_a_newer_version_keeps_the_version_only() -> None:
    kept = asked(None, ASKED, 1)

    made = asked(kept, ASKED, 2)

    assert (made.version, made.revision, made.content) == (2, kept.revision, kept.content)


@pytest.mark.parametrize("how", ["moved", "cancelled"])
def test_a_newer_version_of_the_same_wins_over_a_change_from_outside(how: str) -> None:
    """The CRM has heard of the change, and wants it otherwise."""
    kept = asked(None, ASKED, 1)
    outside = replace(kept, content=MOVED.content) if how == "moved" else kept
    outside = replace(outside, cancelled=how == "cancelled", revision=2)

    made = asked(outside, ASKED, 2)

    assert (made.content, made.cancelled, made.revision) == (CONTENT, False, 3)
    assert made.sync.state is SyncState.PENDING


def test_a_change_counts_restores_anew_and_keeps_the_events() -> None:
    kept = replace(asked(None, ASKED), placements=(PLACEMENT,), restores=2)

    made = asked(kept, MOVED)

    assert (made.restores, made.placements, made.revision) == (0, (PLACEMENT,), 2)


def test_a_deleted_appointment_says_nothing_and_stays_deleted() -> None:
    kept = replace(asked(None, ASKED, 5), placements=(replace(PLACEMENT, written=CONTENT),))

    gone = deleted(kept)

    assert (gone.content.title, gone.content.description, gone.asked) == ("", "", None)
    assert "Viewing" not in repr(gone)
    assert (gone.sync.state, gone.wanted) == (SyncState.PENDING, False)
    assert deleted(gone) is gone
    assert asked_for(gone, LocationId("l"), "x", ASKED, 5) is Late.OLDER_VERSION
    assert asked(gone, ASKED, 6).wanted
