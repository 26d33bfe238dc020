"""What people do in their calendars.

Events are named by number, in the order in which the program has made them, or by the appointment
that they were written for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from tests.flows.convergence.hands import REFUSED, Hands
from tests.flows.convergence.moments import BERLIN, At
from tests.flows.convergence.scene import Made, Scene
from tests.flows.outlook import day

Ref = int | str


@dataclass(frozen=True)
class Found:
    """An event to do something to."""

    hands: Hands
    calendar: str
    id: str
    made: Made | None = None


def find(scene: Scene, ref: Ref) -> Found | None:
    if isinstance(ref, int):
        if not scene.made:
            return None
        made = scene.made[ref % len(scene.made)]
        return Found(made.hands, made.calendar, made.id, made)
    for hands, one in scene.standing():
        if f"appointment:{ref};" in one.text:
            return Found(hands, one.calendar, one.id)
    return None


def does(act: Callable[[], object]) -> bool:
    """Whether the stand-in let it be done."""
    try:
        act()
    except REFUSED:
        return False
    return True


def _keep(scene: Scene, calendar: str, event: str, title: str, at: At, count: int = 1) -> bool:
    scene.made.append(Made(scene.hands_on(calendar), calendar, event, title, at, count))
    return True


@dataclass(frozen=True)
class Add:
    calendar: str
    at: At
    shown: str = "busy"
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        title = scene.title()
        event = scene.hands_on(self.calendar).add(self.calendar, self.at, title, self.shown)
        return _keep(scene, self.calendar, event, title, self.at)


@dataclass(frozen=True)
class AddDays:
    calendar: str
    first: int
    days: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        title, hands = scene.title(), scene.hands_on(self.calendar)
        event = hands.add_days(self.calendar, day(self.first).date(), self.days, title)
        return _keep(scene, self.calendar, event, title, At(self.first, 0))


@dataclass(frozen=True)
class AddSeries:
    calendar: str
    first: At
    count: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        title, hands = scene.title(), scene.hands_on(self.calendar)
        event = hands.add_series(self.calendar, self.first, self.count, title)
        return _keep(scene, self.calendar, event, title, self.first, self.count)


@dataclass(frozen=True)
class GetInvited:
    calendar: str
    at: At
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        title = scene.title()
        event = scene.hands_on(self.calendar).invited(self.calendar, self.at, title)
        return _keep(scene, self.calendar, event, title, self.at)


@dataclass(frozen=True)
class Move:
    """A series is moved as a whole, also to another zone."""

    event: Ref
    to: At
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        if found is None or not _may_be_abroad(scene, found, self.to):
            return False
        made = found.made
        if made is not None and made.count > 1:
            return _repeated(found, self.to, made.count)
        done = does(lambda: found.hands.move(found.calendar, found.id, self.to))
        if made is not None and done:
            made.first = self.to
        return done


@dataclass(frozen=True)
class Repeat:
    """Makes a series of an event, a longer or shorter one of a series, or a single one again."""

    event: int
    count: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        return (
            found is not None
            and found.made is not None
            and _repeated(found, found.made.first, self.count)
        )


def _repeated(found: Found, first: At, count: int) -> bool:
    made = found.made
    assert made is not None
    done = does(lambda: found.hands.repeat(found.calendar, found.id, first, count))
    if done:
        made.first, made.count = first, count
    return done


def _may_be_abroad(scene: Scene, found: Found, to: At) -> bool:
    """Few events lie in another zone: the others tell that of the calendar (decision 3)."""
    abroad = to.zone != BERLIN.key and found.hands.provider == "outlook"
    scene.foreign += abroad
    return not abroad or scene.foreign <= 4


@dataclass(frozen=True)
class Rename:
    event: Ref
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found, title = find(scene, self.event), scene.title("Renamed")
        if found is None:
            return False
        if found.made is not None:
            if found.made.title.startswith("SECRET"):
                return False
            found.made.title = title
        return does(lambda: found.hands.rename(found.calendar, found.id, title))


@dataclass(frozen=True)
class ShowAs:
    event: Ref
    shown: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        return found is not None and does(
            lambda: found.hands.show_as(found.calendar, found.id, self.shown)
        )


@dataclass(frozen=True)
class MakePrivate:
    """From then on what the program calls it is a secret."""

    event: Ref
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        if found is None:
            return False
        done = does(lambda: found.hands.set_private(found.calendar, found.id, True))
        if done and found.made is not None:
            found.made.title = scene.title("SECRET")
            title = found.made.title
            done = does(lambda: found.hands.rename(found.calendar, found.id, title))
        return done


@dataclass(frozen=True)
class MakePublic:
    event: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        if found is None or found.made is None:
            return False
        made = found.made
        made.title = scene.title("Public")
        return does(lambda: found.hands.rename(found.calendar, found.id, made.title)) and does(
            lambda: found.hands.set_private(found.calendar, found.id, False)
        )


@dataclass(frozen=True)
class MakeAllDay:
    event: int
    on: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found, on = find(scene, self.event), day(self.on).date()
        if found is None or found.made is None or found.made.count > 1:
            return False
        return does(lambda: found.hands.make_all_day(found.calendar, found.id, on))


@dataclass(frozen=True)
class Respond:
    event: int
    answer: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        return found is not None and does(
            lambda: found.hands.respond(found.calendar, found.id, self.answer)
        )


@dataclass(frozen=True)
class Remove:
    event: Ref
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        return found is not None and does(lambda: found.hands.delete(found.calendar, found.id))


@dataclass(frozen=True)
class PutOnTheOther:
    """Moves the event to the other calendar of its account."""

    event: Ref
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.event)
        if found is None or len(found.hands.calendars) < 2:
            return False
        [to] = [name for name in found.hands.calendars if name != found.calendar]
        done = does(lambda: found.hands.put_on(found.calendar, found.id, to))
        if done and found.made is not None:
            found.made.calendar = to
        return done


@dataclass(frozen=True)
class MoveOne:
    """An occurrence becomes an exception, a few hours later."""

    series: int
    number: int
    hours: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.series)
        if found is None or found.made is None or found.made.count < 2:
            return False
        original = found.made.first.weeks_later(self.number % found.made.count)
        to = replace(original, hour=min(23, original.hour + self.hours))
        return does(lambda: found.hands.move_one(found.calendar, found.id, original, to))


@dataclass(frozen=True)
class RemoveOne:
    series: int
    number: int
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        found = find(scene, self.series)
        if found is None or found.made is None or found.made.count < 2:
            return False
        original = found.made.first.weeks_later(self.number % found.made.count)
        return does(lambda: found.hands.delete_one(found.calendar, found.id, original))
