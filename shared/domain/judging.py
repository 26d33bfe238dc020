"""What a look at an appointment's event means: a change from outside, ours, or none (R14)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.appointments import Content, LiveEvent, Told

MOST_RESTORES = 3
"""A change from outside is undone this often; then the user has won, and it is shown (R14)."""


class Policy(StrEnum):
    """What becomes of a change that was made in the calendar (R14)."""

    APPLY = "apply"
    RESTORE = "restore"


class Verdict(StrEnum):
    SAME = "same"
    WRITE = "write"
    APPLY = "apply"
    CANCEL = "cancel"
    CREATE_AGAIN = "create_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Judged:
    """`content` is what the appointment says from now on; `restores` how often it was put back."""

    verdict: Verdict
    content: Content
    restores: int


def judge(
    wanted: Content,
    written: Content | None,
    seen: LiveEvent | None,
    policy: Policy,
    restores: int,
    *,
    given_up: bool = False,
) -> Judged:
    """What to do about an event, from what is wanted, what was written, and what is there.

    `written` is None where nobody vouches for that, `seen` None where the event is gone. A
    field that only the calendar's owner has changed is theirs by `APPLY`, and is put back by
    `RESTORE`; one that the CRM has changed too is the CRM's. An event that is gone cancels the
    appointment, unless the CRM has changed it since, or nobody has watched it. Once `given_up`,
    what the owner does is no longer undone.
    """
    judged = _judged(wanted, written, seen, policy, restores)
    if given_up and judged.verdict in {Verdict.WRITE, Verdict.CREATE_AGAIN}:
        return Judged(Verdict.GIVE_UP, wanted, restores)
    return judged


def _judged(
    wanted: Content,
    written: Content | None,
    seen: LiveEvent | None,
    policy: Policy,
    restores: int,
) -> Judged:
    if written is None:
        gone = seen is None or seen.cancelled
        return Judged(Verdict.CREATE_AGAIN if gone else Verdict.WRITE, wanted, restores)
    if seen is None or seen.cancelled:
        return _gone(wanted, written, policy, restores)
    there = seen.told(written)
    theirs = _merged(wanted, written.told, there)
    if there == written.told or theirs == wanted:
        same = there == wanted.told and not wanted.with_told(written.told).differing(written)
        return Judged(Verdict.SAME if same else Verdict.WRITE, wanted, restores)
    if policy is Policy.APPLY:
        return Judged(Verdict.APPLY, theirs, restores)
    if restores >= MOST_RESTORES:
        return Judged(Verdict.GIVE_UP, wanted, restores)
    return Judged(Verdict.WRITE, wanted, restores + 1)


def _gone(wanted: Content, written: Content, policy: Policy, restores: int) -> Judged:
    if wanted.differing(written):
        return Judged(Verdict.CREATE_AGAIN, wanted, restores)
    if policy is Policy.APPLY:
        return Judged(Verdict.CANCEL, wanted, restores)
    if restores >= MOST_RESTORES:
        return Judged(Verdict.GIVE_UP, wanted, restores)
    return Judged(Verdict.CREATE_AGAIN, wanted, restores + 1)


def _merged(wanted: Content, base: Told, theirs: Told) -> Content:
    """`wanted` with what only they have changed since `base`; start and end change together."""
    title = theirs.title if wanted.title == base.title else wanted.title
    untouched = (wanted.start, wanted.end) == (base.start, base.end)
    start, end = (theirs.start, theirs.end) if untouched else (wanted.start, wanted.end)
    return replace(wanted, title=title, start=start, end=end)
