"""Edits at random, each of one event, and what busy time should say of it afterwards."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from bench.soak.hands import Hands
from bench.soak.seats import ZONE, Seats
from sandbox.tour.intervals import Interval, merged, whole_days

_WEIGHTS = {
    "make": 22,
    "move": 20,
    "delete": 11,
    "show": 8,
    "put_on": 5,
    "rename": 5,
    "hide": 3,
    "invite": 5,
    "answer": 4,
    "make_series": 5,
    "move_one": 6,
    "delete_one": 3,
    "make_days": 3,
}
_QUARTER = timedelta(minutes=15)
_MOST_LIVING = 60


@dataclass(eq=False)
class Living:
    """An event that is there, or was: `seat` is its own, `spans` is where it stands.

    Of a series `planned` holds the first start of each occurrence, by its place in `spans`.
    """

    calendar: str
    id: str
    kind: str
    seat: list[Interval]
    spans: list[Interval]
    busy: bool = True
    planned: list[Interval] = field(default_factory=list)
    day: date | None = None

    @property
    def blocks(self) -> list[Interval]:
        """What it blocks."""
        return merged(self.spans) if self.busy else []


@dataclass(frozen=True)
class Edit:
    """What was done; `shows`: busy time tells; `told`: somebody was to be notified."""

    event: Living
    kind: str
    shows: bool
    told: bool


class Editor:
    """One person who edits the two calendars of one account."""

    def __init__(self, hands: Hands, seats: Seats, chance: random.Random, lost: float) -> None:
        self.hands = hands
        self._seats, self._chance, self._lost = seats, chance, lost
        self._living: list[Living] = []
        self._acts: dict[str, Callable[[], Living | None]] = {
            name: getattr(self, f"_{name}") for name in _WEIGHTS
        }

    def edit(self) -> Edit:
        """One edit; with the chance `lost` nobody is told of it."""
        if self._chance.random() >= self._lost:
            return self._edit(lost=False)
        with self.hands.untold():
            return self._edit(lost=True)

    def _edit(self, *, lost: bool) -> Edit:
        kinds, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        while True:
            [kind] = self._chance.choices(kinds, weights)
            watched = {one: self.hands.watched(one) for one in self.hands.calendars}
            event = self._acts[kind]()
            if event is not None:
                shows = kind not in ("rename", "hide")
                told = not lost and watched[event.calendar]
                return Edit(event, kind, shows, told)

    # --- each returns the event, or None where there is nothing to do it with ---

    def _make(self) -> Living | None:
        return self._single("single", self._calendar())

    def _invite(self) -> Living | None:
        # It comes to the calendar of the address that is invited. On another one its owner is a
        # guest like others, at Google: what they answer frees no time of that calendar.
        return self._single("invitation", self.hands.calendars[0])

    def _single(self, kind: str, calendar: str) -> Living | None:
        if len(self._living) >= _MOST_LIVING:
            return None
        seat = self._seats.single()
        if seat is None:
            return None
        when = self._within(seat)
        made = self.hands.make(calendar, when, invited=kind == "invitation")
        return self._kept(Living(calendar, made, kind, [seat], [when]))

    def _make_days(self) -> Living | None:
        seat = self._seats.days()
        if seat is None:
            return None
        first, whole = seat
        days, calendar = self._chance.randint(1, 2), self._calendar()
        made = self.hands.make_days(calendar, first, days)
        when = whole_days(first, first + timedelta(days=days), ZONE.key)
        return self._kept(Living(calendar, made, "days", [whole], [when], day=first))

    def _make_series(self) -> Living | None:
        seat = self._seats.series(self._chance.randint(3, 5))
        if seat is None:
            return None
        spans = [(start, start + 2 * _QUARTER) for start, _ in seat]
        calendar = self._calendar()
        made = self.hands.make_series(calendar, spans[0], len(spans))
        return self._kept(Living(calendar, made, "series", seat, spans, planned=list(spans)))

    def _move(self) -> Living | None:
        event = self._one("single")
        if event is not None:
            event.spans = [self._within(event.seat[0])]
            self.hands.move(event.calendar, event.id, event.spans[0])
        return event

    def _show(self) -> Living | None:
        event = self._one("single")
        if event is not None:
            event.busy = not event.busy
            self.hands.show(event.calendar, event.id, busy=event.busy)
        return event

    def _put_on(self) -> Living | None:
        event = self._one("single")
        if event is not None:
            [other] = [one for one in self.hands.calendars if one != event.calendar]
            event.id = self.hands.put_on(event.calendar, event.id, other)
            event.calendar = other
        return event

    def _rename(self) -> Living | None:
        event = self._one("single", "series", "days")
        if event is not None:
            self.hands.rename(event.calendar, event.id, f"Talk {self._chance.randint(1, 99)}")
        return event

    def _hide(self) -> Living | None:
        event = self._one("single")
        if event is not None:
            self.hands.hide(event.calendar, event.id)
        return event

    def _answer(self) -> Living | None:
        event = self._one("invitation")
        if event is not None:
            event.busy = self._chance.random() < 0.4
            self.hands.answer(event.calendar, event.id, accept=event.busy)
        return event

    def _move_one(self) -> Living | None:
        event = self._one("series")
        if event is None or not event.planned:
            return None
        number = self._chance.randrange(len(event.planned))
        planned = event.planned[number]
        start = planned[0] + self._chance.randint(0, 2) * _QUARTER
        event.spans[number] = (start, start + 2 * _QUARTER)
        self.hands.move_one(event.calendar, event.id, planned[0], event.spans[number])
        return event

    def _delete_one(self) -> Living | None:
        event = self._one("series")
        if event is None or len(event.planned) < 2:
            return None
        number = self._chance.randrange(1, len(event.planned))
        planned = event.planned.pop(number)
        event.spans.pop(number)
        self.hands.delete_one(event.calendar, event.id, planned[0])
        return event

    def _delete(self) -> Living | None:
        event = self._one("single", "series", "days", "invitation")
        if event is not None:
            self._living.remove(event)
            event.spans = []
            self.hands.delete(event.calendar, event.id)
        return event

    # --- what they choose from ---

    def _kept(self, event: Living) -> Living:
        self._living.append(event)
        return event

    def _one(self, *kinds: str) -> Living | None:
        found = [event for event in self._living if event.kind in kinds]
        return self._chance.choice(found) if found else None

    def _calendar(self) -> str:
        return self._chance.choice(self.hands.calendars)

    def _within(self, seat: Interval) -> Interval:
        """From half an hour to an hour and a half, a quarter away from the ends of the seat."""
        start = seat[0] + self._chance.randint(1, 5) * _QUARTER
        return start, start + self._chance.randint(2, 6) * _QUARTER
