"""Google's JSON, as lean models: only what is used, and nothing demanded that may be left out.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.providers.salvage import mended

# What an event is, and when.
_ESSENTIAL = frozenset({"id", "start", "end", "recurrence", "recurringEventId"})
_BUSY_AND_PRIVATE = {"transparency": "opaque", "visibility": "private"}


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class WireTime(Wire):
    """`date` for whole days, otherwise `dateTime` with an offset or a zone."""

    date: str | None = None
    date_time: Annotated[str | None, Field(alias="dateTime")] = None
    time_zone: Annotated[str | None, Field(alias="timeZone")] = None


class WireAttendee(Wire):
    """`self` is the calendar on which this copy of the event lies."""

    is_self: Annotated[bool | None, Field(alias="self")] = None
    is_organizer: Annotated[bool | None, Field(alias="organizer")] = None
    email: str | None = None
    name: Annotated[str | None, Field(alias="displayName")] = None
    response: Annotated[str | None, Field(alias="responseStatus")] = None
    optional: bool | None = None
    resource: bool | None = None
    comment: str | None = None
    more_guests: Annotated[int | None, Field(alias="additionalGuests")] = None


class WireOrganizer(Wire):
    is_self: Annotated[bool | None, Field(alias="self")] = None


class WireEvent(Wire):
    """An event, a series or an instance of one; of a cancelled one only `id` is sure."""

    id: str
    etag: str | None = None
    status: str | None = None
    summary: str | None = None
    start: WireTime | None = None
    end: WireTime | None = None
    recurrence: tuple[str, ...] | None = None
    series_id: Annotated[str | None, Field(alias="recurringEventId")] = None
    original_start: Annotated[WireTime | None, Field(alias="originalStartTime")] = None
    transparency: str | None = None
    visibility: str | None = None
    type: Annotated[str | None, Field(alias="eventType")] = None
    attendees: tuple[WireAttendee, ...] | None = None


class WireLiveEvent(WireEvent):
    """An event that was asked for, or written, by itself."""

    attendees_omitted: Annotated[bool | None, Field(alias="attendeesOmitted")] = None
    organizer: WireOrganizer | None = None
    web_link: Annotated[str | None, Field(alias="htmlLink")] = None
    meeting_link: Annotated[str | None, Field(alias="hangoutLink")] = None


class WireConferences(Wire):
    allowed: Annotated[tuple[str, ...] | None, Field(alias="allowedConferenceSolutionTypes")] = None


class WireCalendar(Wire):
    """https://developers.google.com/workspace/calendar/api/v3/reference/calendarList"""

    id: str
    summary: str | None = None
    summary_override: Annotated[str | None, Field(alias="summaryOverride")] = None
    color: Annotated[str | None, Field(alias="backgroundColor")] = None
    access: Annotated[str | None, Field(alias="accessRole")] = None
    data_owner: Annotated[str | None, Field(alias="dataOwner")] = None
    primary: bool | None = None
    deleted: bool | None = None
    conferences: Annotated[WireConferences | None, Field(alias="conferenceProperties")] = None


class Page(Wire):
    """A page of a list; it may be empty although another follows."""

    next_page_token: Annotated[str | None, Field(alias="nextPageToken")] = None

    @classmethod
    def salvaged(cls, content: bytes) -> Self:
        """What can be read of a page in which something cannot.

        Raises ValidationError where nothing can, or nothing may be left out.
        """
        raw = _Raw.model_validate_json(content)
        items = [item for one in raw.items for item in cls.readable(one)]
        return cls.model_validate({**(raw.model_extra or {}), "items": items})

    @classmethod
    def readable(cls, item: Any) -> tuple[Wire, ...]:
        """What can be read of an item that may be odd."""
        raise NotImplementedError


class EventPage(Page):
    """The last page brings the token with which to go on later."""

    items: tuple[WireEvent, ...] = ()
    next_sync_token: Annotated[str | None, Field(alias="nextSyncToken")] = None
    time_zone: Annotated[str | None, Field(alias="timeZone")] = None

    @classmethod
    def readable(cls, item: Any) -> tuple[Wire, ...]:
        """None is left out: its time would be free."""
        return (mended(WireEvent, item, _ESSENTIAL, _BUSY_AND_PRIVATE),)


class CalendarPage(Page):
    items: tuple[WireCalendar, ...] = ()

    @classmethod
    def readable(cls, item: Any) -> tuple[Wire, ...]:
        """One odd calendar hides no other."""
        try:
            return (WireCalendar.model_validate(item),)
        except ValidationError:
            return ()


class _Raw(BaseModel):
    model_config = ConfigDict(extra="allow")
    items: tuple[Any, ...] = ()


class WireChannel(Wire):
    """https://developers.google.com/workspace/calendar/api/guides/push

    The guide shows `expiration`, in milliseconds, as a number, the reference as a text.
    """

    id: str
    resource_id: Annotated[str, Field(alias="resourceId")]
    expiration: int | None = None


class ErrorItem(Wire):
    reason: str = ""
    domain: str = ""


class ErrorBody(Wire):
    """Older services tell the reason in `errors`, newer ones in `details`."""

    errors: tuple[ErrorItem, ...] = ()
    details: tuple[ErrorItem, ...] = ()


class ErrorAnswer(Wire):
    error: ErrorBody = ErrorBody()
