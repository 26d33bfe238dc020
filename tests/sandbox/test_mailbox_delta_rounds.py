"""A reader that only follows delta ends up with what the calendar view shows."""

from datetime import UTC, datetime, timedelta

from graph_client import Clock, add, mailbox, weekly
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.microsoft.mailbox import CalendarEntry, Event, Mailbox
from sandbox.microsoft.mailbox.delta import Tombstone, delta_page, start_delta
from sandbox.microsoft.mailbox.expansion import view_of
from sandbox.microsoft.mailbox.lookup import instance_id
from sandbox.microsoft.mailbox.times import Window

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
STEPS = ("single", "series", "change", "delete", "shift", "skip", "except", "move")
Shown = dict[str, tuple[str, datetime, str]]


class Reader:
    """Follows delta with the rules a client needs: a master replaces its whole series."""

    def __init__(self, entry: CalendarEntry, immutable: bool) -> None:
        self.entry, self.immutable = entry, immutable
        self.shown: Shown = {}
        self.token: str | None = None

    def read(self, page_size: int) -> None:
        token = self.token
        while True:
            page = (
                delta_page(self.entry, token, page_size)
                if token
                else start_delta(self.entry, WINDOW, page_size)
            )
            for item in page.items:
                self._take(item)
            token = page.next_token
            if page.delta_token:
                self.token = page.delta_token
                return

    def _take(self, item) -> None:
        if isinstance(item, Tombstone):
            if not (self.immutable and item.is_back):
                self._drop(self.entry.event_id(item.key, item.moves, immutable=self.immutable))
            return
        own = instance_id(self.entry, item.event.own(), immutable=self.immutable)
        if item.type in ("seriesMaster", "singleInstance"):
            self._drop(own)
        if item.type != "seriesMaster":
            name = instance_id(self.entry, item, immutable=self.immutable)
            self.shown[name] = (own, item.start, item.details.subject)

    def _drop(self, own: str) -> None:
        self.shown = {name: seen for name, seen in self.shown.items() if seen[0] != own}

    def expected(self) -> Shown:
        return {
            instance_id(self.entry, item, immutable=self.immutable): (
                instance_id(self.entry, item.event.own(), immutable=self.immutable),
                item.start,
                item.details.subject,
            )
            for item in view_of(self.entry.calendar, WINDOW)
        }


def act(box: Mailbox, step: str, number: int, other: str) -> None:
    day = datetime(2026, 10, 20, 9, tzinfo=UTC) + timedelta(days=number % 60)
    events = [e for entry in box.calendars() for e in entry.calendar.events.values()]
    if step == "single":
        add(box, f"Single {number}", day.isoformat())
    if step == "series":
        rule = weekly("Monday", "Thursday", start=day.date().isoformat())
        add(box, f"Series {number}", day.isoformat(), recurrence=rule)
    if not events:
        return
    event = events[number % len(events)]
    event_id = box.event_id(event)
    if step == "change":
        box.update_event(event_id, subject=f"Changed {number}")
    if step == "delete":
        box.delete_event(event_id)
    if step == "shift":
        box.update_event(event_id, start=day, end=day + timedelta(hours=2))
    if step == "move":
        here = box.default_calendar
        box.move_event(event_id, other if event.calendar is here.calendar else here.id)
    if step in ("skip", "except"):
        act_on_occurrence(box, step, number, event)


def act_on_occurrence(box: Mailbox, step: str, number: int, event: Event) -> None:
    planned = [item for item in view_of(event.calendar, WINDOW) if item.event is event]
    if planned and planned[0].original:
        original = planned[number % len(planned)].original
        if step == "skip":
            box.delete_occurrence(event, original)
        if step == "except":
            box.change_occurrence(event, original, subject=f"Exception {number}")


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 200)), min_size=12, max_size=40),
    st.integers(1, 6),
    st.booleans(),
)
def test_following_delta_gives_the_calendar_view(steps, page_size, immutable):
    box = mailbox(Clock())
    other = box.create_calendar("Other")
    readers = [Reader(entry, immutable) for entry in (box.default_calendar, other)]
    for step, number in steps:
        act(box, step, number, other.id)
        if number % 3 == 0:
            for reader in readers:
                reader.read(page_size)
                assert reader.shown == reader.expected()
