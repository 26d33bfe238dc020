"""Finding a chosen calendar again whose id has changed (guarantees.md, rule 29).

Providers promise that the ids of calendars last, and people have seen them change. What else tells
a calendar from the others is that it is the default one, or its owner and name.
https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/5580
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from shared.domain.model import Calendar, CalendarInfo, Role
from shared.domain.records import KeptSelection, Rebound, WatchedCalendar
from shared.domain.selection import Choice, Selection


def likeness(info: CalendarInfo, listed: Iterable[CalendarInfo]) -> str | None:
    """What a calendar is known by beside its id, without saying it; None where another of those
    listed is just like it."""
    alike = [other for other in listed if _of(other) == _of(info)]
    return _of(info) if len(alike) == 1 else None


def found_again(watched: WatchedCalendar, listed: Sequence[CalendarInfo]) -> CalendarInfo | None:
    """The one calendar of those listed that `watched` is now. None where it is still listed under
    its own id, where none is like it, or more than one."""
    if any(info.calendar_id == watched.calendar.calendar_id for info in listed):
        return None
    if watched.is_default:
        alike = [info for info in listed if info.is_default]
    elif watched.likeness is None:
        return None
    else:
        alike = [info for info in listed if _of(info) == watched.likeness]
    return alike[0] if len(alike) == 1 else None


def with_rebound(
    kept: KeptSelection, watched: WatchedCalendar, info: CalendarInfo
) -> KeptSelection | None:
    """The selection with the calendar under its new id, in the same place.

    None where it is not chosen any more, where what it is now is chosen besides, or may not be
    written to and is the primary.
    """
    was = watched.calendar
    old, new = (Choice(was.account.provider, one) for one in (was.calendar_id, info.calendar_id))
    roles = dict(kept.selection.roles())
    if old not in roles or new in roles:
        return None
    if roles[old] is Role.PRIMARY and not info.can_write:
        return None
    now = Calendar(was.account, info.calendar_id)
    others = (one for one in kept.watched if one.calendar != now)
    return replace(
        kept,
        selection=_with(kept.selection, old, new),
        number=kept.number + 1,
        watched=(*others, replace(watched, calendar=now)),
        rebound=_followed(kept.rebound, was, now),
    )


def chosen_anew(rebound: Iterable[Rebound], chosen: Iterable[Calendar]) -> tuple[Rebound, ...]:
    """What still holds of it: a calendar that is chosen by its old id is that one."""
    itself = set(chosen)
    return tuple(one for one in rebound if one.was not in itself)


def _of(info: CalendarInfo) -> str:
    owner = (info.owner_address or "").casefold() if info.shared else ""
    return sha256(f"{owner}|{info.name}".encode()).hexdigest()[:32]


def _with(selection: Selection, old: Choice, new: Choice) -> Selection:
    primary = new if selection.primary == old else selection.primary
    conflicts = tuple(new if one == old else one for one in selection.conflicts)
    return replace(selection, primary=primary, conflicts=conflicts)


def _followed(rebound: Iterable[Rebound], was: Calendar, now: Calendar) -> tuple[Rebound, ...]:
    earlier = (replace(one, now=now) if one.now == was else one for one in rebound)
    return (*(one for one in earlier if one.was not in {was, now}), Rebound(was, now))
