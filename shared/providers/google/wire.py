"""Google's JSON, as lean models: only what is used, and nothing demanded that may be left out.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


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
    email: str | None = None
    name: Annotated[str | None, Field(alias="displayName")] = None
    response: Annotated[str | None, Field(alias="responseStatus")] = None


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

    item: ClassVar[type[Wire]]
    next_page_token: Annotated[str | None, Field(alias="nextPageToken")] = None

    @classmethod
    def salvaged(cls, content: bytes) -> Self:
        """What can be read of a page in which something cannot: one odd item spoils no list.

        Raises ValidationError where nothing can.
        """
        raw = _Raw.model_validate_json(content)
        items = [one for one in raw.items if _readable(cls.item, one)]
        return cls.model_validate({**(raw.model_extra or {}), "items": items})


class EventPage(Page):
    """The last page brings the token with which to go on later."""

    item = WireEvent
    items: tuple[WireEvent, ...] = ()
    next_sync_token: Annotated[str | None, Field(alias="nextSyncToken")] = None
    time_zone: Annotated[str | None, Field(alias="timeZone")] = None


class CalendarPage(Page):
    item = WireCalendar
    items: tuple[WireCalendar, ...] = ()


class _Raw(BaseModel):
    model_config = ConfigDict(extra="allow")
    items: tuple[Any, ...] = ()


def _readable(model: type[Wire], item: Any) -> bool:
    try:
        model.model_validate(item)
    except ValidationError:
        return False
    return True


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
