"""What becomes of an appointment's event that its owner has touched (R14), as a table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.appointments import Appointment, Content, LiveEvent, Placement, Told
from shared.domain.judging import MOST_RESTORES, Policy, Verdict, judge
from shared.domain.links import Fingerprint
from shared.domain.model import Account, Calendar, LocationId, ProviderName, UserId
from shared.domain.spans import Days, Interval

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WRITTEN = Content("Viewing", NINE, NINE + HOUR, "Europe/Berlin", description="Flat 3")
MOVED = replace(WRITTEN, start=NINE + HOUR, end=NINE + 2 * HOUR)
RENAMED = replace(WRITTEN, title="Viewing, second")
CALENDAR = Calendar(Account(ProviderName("p"), "a"), "c")


def seen(content: Content, *, cancelled: bool = False, title: str | None = "") -> LiveEvent:
    title = content.title if title == "" else title
    return LiveEvent("e", content.start, content.end, title, "tag", cancelled=cancelled)


def placed(generation: int) -> Placement:
    return Placement(UserId("u"), CALENDAR, generation)


@pytest.mark.parametrize(
    ("wanted", "there", "policy", "verdict", "says"),
    [
        (WRITTEN, seen(WRITTEN), Policy.APPLY, Verdict.SAME, WRITTEN),
        (WRITTEN, seen(WRITTEN), Policy.RESTORE, Verdict.SAME, WRITTEN),
        (MOVED, seen(WRITTEN), Policy.APPLY, Verdict.WRITE, MOVED),
        (WRITTEN, seen(MOVED), Policy.APPLY, Verdict.APPLY, MOVED),
        (WRITTEN, seen(RENAMED), Policy.APPLY, Verdict.APPLY, RENAMED),
        (WRITTEN, seen(MOVED), Policy.RESTORE, Verdict.WRITE, WRITTEN),
        (WRITTEN, None, Policy.APPLY, Verdict.CANCEL, WRITTEN),
        (WRITTEN, seen(WRITTEN, cancelled=True), Policy.APPLY, Verdict.CANCEL, WRITTEN),
        (WRITTEN, None, Policy.RESTORE, Verdict.CREATE_AGAIN, WRITTEN),
        (MOVED, None, Policy.APPLY, Verdict.CREATE_AGAIN, MOVED),
        # Both have changed: the CRM's word counts, and what only they changed is theirs.
        (MOVED, seen(RENAMED), Policy.APPLY, Verdict.APPLY, replace(MOVED, title=RENAMED.title)),
        # An echo of what we are about to write, or have just written.
        (MOVED, seen(MOVED), Policy.APPLY, Verdict.SAME, MOVED),
        (MOVED, seen(MOVED), Policy.RESTORE, Verdict.SAME, MOVED),
        # A title that the owner has made private is not known, and so not changed (R15).
        (WRITTEN, seen(WRITTEN, title=None), Policy.APPLY, Verdict.SAME, WRITTEN),
        (WRITTEN, seen(MOVED, title=None), Policy.APPLY, Verdict.APPLY, MOVED),
    ],
)
def test_r14_what_a_look_at_the_event_means(
    wanted: Content, there: LiveEvent | None, policy: Policy, verdict: Verdict, says: Content
) -> None:
    judged = judge(wanted, WRITTEN, there, policy, 0)

    assert (judged.verdict, judged.content) == (verdict, says)


@pytest.mark.parametrize("there", [None, seen(MOVED)])
def test_r14_restoring_ends_after_some_times(there: LiveEvent | None) -> None:
    restores, verdicts = 0, []
    for _ in range(MOST_RESTORES + 1):
        judged = judge(WRITTEN, WRITTEN, there, Policy.RESTORE, restores)
        restores = judged.restores
        verdicts.append(judged.verdict)

    assert verdicts[-1] is Verdict.GIVE_UP
    assert Verdict.GIVE_UP not in verdicts[:-1]


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (None, Verdict.CREATE_AGAIN),
        (seen(WRITTEN, cancelled=True), Verdict.CREATE_AGAIN),
        (seen(MOVED), Verdict.WRITE),
        (seen(WRITTEN), Verdict.WRITE),
    ],
)
def test_what_is_not_known_to_be_written_is_no_change_from_outside(
    there: LiveEvent | None, verdict: Verdict
) -> None:
    """After a disconnect nobody has watched the event: nothing is cancelled on its word."""
    assert judge(WRITTEN, None, there, Policy.APPLY, 0).verdict is verdict


@pytest.mark.parametrize(
    ("written", "there", "verdict"),
    [
        (MOVED, seen(MOVED), Verdict.GIVE_UP),
        (MOVED, None, Verdict.GIVE_UP),
        (MOVED, seen(WRITTEN), Verdict.SAME),
    ],
)
def test_r14_once_given_up_the_owner_is_left_alone(
    written: Content, there: LiveEvent | None, verdict: Verdict
) -> None:
    judged = judge(WRITTEN, written, there, Policy.RESTORE, MOST_RESTORES, given_up=True)

    assert judged.verdict is verdict


TITLES = st.sampled_from(["a", "b", "c"])
HOURS = st.integers(0, 3).map(lambda h: NINE + h * HOUR)
CONTENTS = st.builds(
    lambda title, start: Content(title, start, start + HOUR, "UTC"), title=TITLES, start=HOURS
)


@given(wanted=CONTENTS, written=CONTENTS, there=CONTENTS)
def test_r14_applying_settles_at_once(wanted: Content, written: Content, there: Content) -> None:
    """What is judged is what both say from then on: a second look finds nothing to do."""
    judged = judge(wanted, written, seen(there), Policy.APPLY, 0)
    after = seen(there) if judged.verdict is Verdict.SAME else seen(judged.content)

    again = judge(judged.content, judged.content, after, Policy.APPLY, 0)

    assert again.verdict is Verdict.SAME
    assert again.content == judged.content


def test_each_event_of_an_appointment_has_a_transaction_of_its_own() -> None:
    first, second = placed(1), placed(2)
    place = LocationId("l")

    assert first.transaction(place, "x") == placed(1).transaction(place, "x")
    assert first.transaction(place, "x") != second.transaction(place, "x")
    assert first.transaction(place, "x") != first.transaction(place, "y")


@pytest.mark.parametrize(
    ("team", "cancelled", "wanted"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_r10_only_appointments_of_team_calendars_are_written(
    team: bool, cancelled: bool, wanted: bool
) -> None:
    made = Appointment(
        LocationId("l"), "x", UserId("u"), team, "calendar", WRITTEN, cancelled=cancelled
    )

    assert made.wanted is wanted


def test_told_is_what_a_person_can_change() -> None:
    told = Told("New", NINE + HOUR, NINE + 2 * HOUR)

    assert WRITTEN.with_told(told).told == told
    assert WRITTEN.differing(WRITTEN.with_told(told)) == {"title", "start", "end"}


def test_f22_made_an_all_day_event_it_takes_the_days_of_the_appointments_zone() -> None:
    midnight = datetime(2027, 3, 1, tzinfo=UTC)
    there = LiveEvent("e", midnight, midnight + timedelta(days=1), "Viewing", all_day=True)

    judged = judge(WRITTEN, WRITTEN, there, Policy.APPLY, 0)

    assert judged.content.start == midnight - HOUR  # Berlin's midnight
    assert judged.content.end - judged.content.start == timedelta(days=1)
    fingerprint = Fingerprint.seen(there, WRITTEN)
    assert fingerprint.fits(Days(date(2027, 3, 1), date(2027, 3, 2)), "Viewing")
    assert not fingerprint.fits(Interval(midnight, midnight + timedelta(days=1)), "Viewing")
