"""The JSON of appointments."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from unicodedata import category

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from shared.domain.zones import is_iana_zone
from shared.triggers.contract import ABSENT, BodyTime, Contract, Id

LONGEST = timedelta(hours=24)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MOST_ATTENDEES = 100

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}
"""The categories of characters that show nothing: controls, formats, and all kinds of space."""


def _in_bounds(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("must lie in the years 2000 to 2099")
    return moment.astimezone(UTC).replace(microsecond=0)


def _zone(name: str) -> str:
    if not is_iana_zone(name):
        raise ValueError("must be the IANA name of a time zone, such as Europe/Berlin")
    return name


def _one_line(text: str) -> str:
    """Calendars show one line: line breaks and runs of blanks become one blank."""
    return " ".join(_without_control(text).split())


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not hold control characters")
    return text


def _visible(text: str) -> str:
    if all(category(character) in _UNSEEN for character in text):
        raise ValueError("must not be blank")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an e-mail address, such as carl@example.com")
    return text


Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[BodyTime, AfterValidator(_in_bounds)]


class TeamCalendar(Contract):
    id: Id
    kind: Literal["team", "unassigned"]


class AttendeeGiven(Contract):
    email: Annotated[
        str,
        StringConstraints(max_length=254),
        AfterValidator(_address),
        Field(json_schema_extra={"format": "email"}),
    ]
    name: Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)] | None = (
        ABSENT
    )


class AppointmentGiven(Contract):
    """`attendees` are put on the event only with `inviteAttendees`: the provider mails them."""

    user_id: Id
    calendar: TeamCalendar
    title: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
        AfterValidator(_one_line),
        AfterValidator(_visible),
    ]
    start: Moment
    end: Moment
    time_zone: Annotated[str, AfterValidator(_zone)]
    description: Annotated[str, Field(max_length=16_000), AfterValidator(_without_control)] = ""
    location: Annotated[str, StringConstraints(max_length=500), AfterValidator(_one_line)] = ""
    attendees: Annotated[tuple[AttendeeGiven, ...], Field(max_length=MOST_ATTENDEES)] = ()
    invite_attendees: Flag = False
    online_meeting: Flag = False
    status: Literal["confirmed", "cancelled"] = "confirmed"
    version: Annotated[int, Field(strict=True, ge=0, lt=2**53)] | None = ABSENT

    @field_validator("end")
    @classmethod
    def _lasts(cls, end: datetime, others: ValidationInfo) -> datetime:
        start = others.data.get("start")
        if start is None:
            return end
        if end <= start:
            raise ValueError("must be after start")
        if end - start > LONGEST:
            raise ValueError("must be at most 24 hours after start")
        return end


class SyncShown(Contract):
    """`code` is stable, `reason` a sentence for people; both only where something is to say."""

    state: Literal["pending", "synced", "not_synced", "failed"]
    code: str | None = ABSENT
    reason: str | None = ABSENT
    event_url: str | None = ABSENT
    meeting_url: str | None = ABSENT


class AppointmentShown(Contract):
    id: str
    user_id: str
    calendar: TeamCalendar
    title: str
    start: AwareDatetime
    end: AwareDatetime
    time_zone: str
    description: str
    location: str
    attendees: list[AttendeeGiven]
    invite_attendees: bool
    online_meeting: bool
    status: Literal["confirmed", "cancelled"]
    version: int | None = ABSENT
    sync: SyncShown


class AppointmentsShown(Contract):
    appointments: list[AppointmentShown]
