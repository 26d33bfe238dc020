"""Random programs, which Hypothesis makes, and makes shorter where one of them fails."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.flows.convergence import asking, disturbing, editing
from tests.flows.convergence.moments import DAYS, ZONES, At
from tests.flows.convergence.operation import Operation
from tests.flows.convergence.scene import AGNES, CALENDARS, LOCATIONS, OTHER

APPOINTMENTS = ("a1", "a2")


@dataclass(frozen=True)
class Program:
    operations: tuple[Operation, ...]

    @property
    def edits(self) -> int:
        return sum(one.edits for one in self.operations)

    def __repr__(self) -> str:
        return "\n".join(["Program((", *(f"    {one!r}," for one in self.operations), "))"])


def _one(*values: object) -> st.SearchStrategy:
    return st.sampled_from(values)


_days = st.sampled_from(DAYS)
_hours = st.sampled_from((0, 2, 8, 9, 10, 16, 23))
_at = st.builds(At, _days, _hours, _one(60, 30, 180))
_anywhere = st.builds(At, _days, _hours, _one(60, 90), _one(*ZONES))
_mornings = st.builds(At, _days, _one(7, 8, 9, 10), _one(60, 30))
_calendars = st.sampled_from(CALENDARS)
_numbers = st.integers(0, 7)
_names = st.sampled_from(APPOINTMENTS)
_refs = _numbers | _names
_providers = _one("outlook", "google")
_policies = st.lists(
    st.tuples(_one("busyWhenTentative", "busyWhenElsewhere", "ignoreAllDay"), st.booleans()),
    max_size=2,
    unique_by=lambda one: one[0],
).map(tuple)

_made = st.one_of(
    st.builds(editing.Add, _calendars, _at, _one("busy", "free", "tentative")),
    st.builds(editing.AddDays, _calendars, _days, st.integers(1, 2)),
    st.builds(editing.AddSeries, _calendars, _mornings, st.integers(2, 4)),
    st.builds(editing.AddSeries, _calendars, _mornings, st.integers(2, 4)),
    st.builds(editing.GetInvited, _calendars, _at),
)
_edits = st.one_of(
    st.builds(editing.Move, _refs, _at),
    st.builds(editing.Move, _numbers, _anywhere),
    st.builds(editing.Rename, _refs),
    st.builds(editing.ShowAs, _refs, _one("free", "tentative", "busy")),
    st.builds(editing.MakePrivate, _refs),
    st.builds(editing.MakePublic, _numbers),
    st.builds(editing.MakeAllDay, _numbers, _days),
    st.builds(editing.Repeat, _numbers, st.integers(1, 4)),
    st.builds(editing.MoveOne, _numbers, st.integers(0, 3), st.integers(1, 6)),
    st.builds(editing.RemoveOne, _numbers, st.integers(0, 3)),
    st.builds(editing.Respond, _numbers, _one("accepted", "declined", "tentative")),
    st.builds(editing.PutOnTheOther, _refs),
    st.builds(editing.Remove, _refs),
)
_bookings = st.one_of(
    st.builds(asking.Book, _names, _at),
    st.builds(asking.Book, _names, _at, _one(AGNES, OTHER), _one(True, True, False)),
    st.builds(asking.Cancel, _names),
    st.builds(asking.Unbook, _names),
)
_choices = st.one_of(
    st.builds(
        asking.Choose,
        _one(*LOCATIONS),
        _one(None, *CALENDARS, *CALENDARS),
        st.lists(_calendars, unique=True).map(tuple),
        _policies,
    ),
    st.builds(
        asking.Choose,
        _one(*LOCATIONS),
        _calendars,
        st.just(CALENDARS),
        _one((("recurringEvents", "every"),), (("recurringEvents", "first"),)),
    ),
    st.builds(asking.Disconnect, _one(*LOCATIONS), _providers),
    st.builds(asking.Connect, _one(*LOCATIONS), _providers),
    st.builds(asking.TakeAccessAway, _providers),
    st.builds(asking.Policy, _one("restore", "apply")),
)
_troubles = st.one_of(
    st.builds(disturbing.Fault, _one(*disturbing.FAULTS)),
    st.builds(disturbing.Fault, _one(*disturbing.FAULTS)),
    st.builds(disturbing.ChannelsAre, _one("lost", "silent", "removed", "again")),
    st.builds(disturbing.Notifications, _one("hostile", "hostile", "plain")),
    st.builds(disturbing.CursorsExpire, _providers),
    st.builds(disturbing.CalendarIdChanges, _one(*CALENDARS[:2])),
    st.builds(disturbing.CalendarIsReadOnly, _one(*CALENDARS[:2])),
    _one(disturbing.TokensExpire(), disturbing.EndlessDelta(), disturbing.FaultsStop()),
)
_pauses = st.one_of(
    _one(disturbing.Quiet(), disturbing.Quiet(), asking.CrmReads(), disturbing.Sweep()),
    st.builds(disturbing.Passes, _one(1, 20, 65, 26 * 60)),
)
# Each of the slots is filled or not: so programs are long, and yet can be cut short.
_nothing: st.SearchStrategy[Operation | None] = st.none()
_kinds = (
    _nothing,
    _made,
    *((_edits,) * 8),
    *((_bookings,) * 3),
    *((_troubles,) * 3),
    *((_pauses,) * 3),
    *((_choices,) * 2),
)
_first = st.sampled_from((_nothing, _made, _made, _bookings)).flatmap(lambda kind: kind)
_then = st.sampled_from(_kinds).flatmap(lambda kind: kind)

programs = st.tuples(*[_first] * 6, *[_then] * 26).map(
    lambda slots: Program(tuple(one for one in slots if one is not None))
)
