"""A CRM that believes the feed alone: it reads busy time anew only where it was told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.tour.intervals import Interval, clipped, merged
from tests.flows.convergence.moments import WINDOWS, without
from tests.flows.crm import body, path
from tests.people import Person


@dataclass
class Copy:
    """What it believes of the busy time of one user."""

    blocks: list[Interval] = field(default_factory=list)
    unread: list[Interval] = field(default_factory=lambda: list(WINDOWS))

    def told(self, span: Interval) -> None:
        self.unread += [part for window in WINDOWS for part in clipped([span], window)]

    def read(self, span: Interval, blocks: list[Interval]) -> None:
        self.blocks = merged([*without(self.blocks, [span]), *blocks])


@dataclass
class ReadingCrm:
    """The CRM at one location: its appointments, the feed as far as it was read, busy times."""

    person: Person
    location: str
    users: tuple[str, ...]
    seen: list[dict[str, Any]] = field(default_factory=list)
    appointments: dict[str, dict[str, Any]] = field(default_factory=dict)
    own: list[Interval] = field(default_factory=list)
    copies: dict[str, Copy] = field(init=False)
    _after: str | None = None
    _version: int = 0

    def __post_init__(self) -> None:
        self.copies = {user: Copy() for user in self.users}

    # What it asks for

    async def put(self, name: str, when: Interval, title: str, user: str, **given: Any) -> bool:
        """Whether the appointment was taken."""
        self._version += 1
        text = f"appointment:{name};"
        asked = body(when, user, title, description=text, version=self._version, **given)
        answer = await self.person.call("PUT", path(name, self.location), json=asked)
        if answer.status_code != 200:
            assert answer.status_code in {404, 409, 503}, answer.text
            return False
        self._believe(name, answer.json())
        return True

    async def delete(self, name: str) -> bool:
        answer = await self.person.call("DELETE", path(name, self.location))
        assert answer.status_code in {204, 503}, answer.text
        if answer.status_code == 204:
            known = self.appointments.pop(name, None)
            return known is not None
        return False

    # What it reads

    async def read(self) -> None:
        """The rest of the feed, then the busy time of every span that it was told of."""
        while changes := await self._next():
            for change in changes:
                self._take(change)
        for user, copy in self.copies.items():
            await self._reread(user, copy)

    async def busy(self, user: str, window: Interval) -> tuple[list[Interval], dict[str, Any]]:
        """The blocks, and the whole answer."""
        asked = {"start": window[0].isoformat(), "end": window[1].isoformat()}
        where = self.person.path("busy", user, self.location)
        answer = await self.person.call("GET", where, params=asked)
        if answer.status_code == 404:  # has connected nothing: nobody may be booked
            return [window], {"complete": True}
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return [(_utc(one["start"]), _utc(one["end"])) for one in found["busy"]], found

    async def _next(self) -> list[dict[str, Any]]:
        params = {"after": self._after} if self._after else {}
        where = f"/locations/{self.location}/changes"
        answer = await self.person.call("GET", where, params=params)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        self._after = found["next"] or self._after
        return list(found["changes"])

    def _take(self, change: dict[str, Any]) -> None:
        self.seen.append(change)
        data = change["data"]
        match change["type"]:
            case "calendar.busy_changed":
                self.copies[data["userId"]].told((_utc(data["start"]), _utc(data["end"])))
            case "appointment.updated" | "appointment.cancelled":
                known = self.appointments.get(data["appointmentId"])
                if known is not None and data["version"] >= known["version"]:
                    self._believe(data["appointmentId"], data)

    def _believe(self, name: str, said: Mapping[str, Any]) -> None:
        start, end = _utc(said["start"]), _utc(said["end"])
        self.own.append((start, end))
        kept = {key: said[key] for key in ("userId", "status", "title", "version")}
        self.appointments[name] = {**kept, "start": start, "end": end}

    async def _reread(self, user: str, copy: Copy) -> None:
        """What could not be read whole stays to be read again."""
        spans, copy.unread = merged(copy.unread), []
        for span in spans:
            blocks, answer = await self.busy(user, span)
            copy.read(span, blocks)
            if not answer["complete"]:
                copy.unread.append(span)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
