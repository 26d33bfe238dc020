"""Graph's JSON, as lean models: only what is used, and nothing demanded that Graph may leave out.

https://learn.microsoft.com/graph/api/resources/event
"""

from typing import Annotated, Any, NotRequired, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from shared.providers.salvage import mended

# What an item is, and when.
_ESSENTIAL = frozenset({"id", "@removed", "type", "seriesMasterId", "start", "end", "isAllDay"})
_BUSY_AND_PRIVATE = {"showAs": "busy", "sensitivity": "private"}


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


# What every event holds several of is a dictionary: a model takes twice the time to be made.
class WireTime(TypedDict):
    """`dateTime` has no offset and up to seven digits of fraction; `timeZone` is a name."""

    dateTime: str
    timeZone: NotRequired[str | None]


class WireResponse(TypedDict):
    response: NotRequired[str | None]


class WireEvent(Wire):
    """An item of a calendar view or of its delta; occurrences in a delta have seven fields only."""

    id: str
    etag: Annotated[str | None, Field(alias="@odata.etag")] = None
    removed: Annotated[dict[str, Any] | None, Field(alias="@removed")] = None
    type: str | None = None
    series_master_id: Annotated[str | None, Field(alias="seriesMasterId")] = None
    start: WireTime | None = None
    end: WireTime | None = None
    is_all_day: Annotated[bool | None, Field(alias="isAllDay")] = None
    is_cancelled: Annotated[bool | None, Field(alias="isCancelled")] = None
    is_organizer: Annotated[bool | None, Field(alias="isOrganizer")] = None
    show_as: Annotated[str | None, Field(alias="showAs")] = None
    sensitivity: str | None = None
    subject: str | None = None
    response_status: Annotated[WireResponse | None, Field(alias="responseStatus")] = None
    original_zone: Annotated[str | None, Field(alias="originalStartTimeZone")] = None


class WireMeeting(Wire):
    join_url: Annotated[str | None, Field(alias="joinUrl")] = None


class WireLiveEvent(WireEvent):
    """An event that was asked for, or written, by itself."""

    created: Annotated[str | None, Field(alias="createdDateTime")] = None
    modified: Annotated[str | None, Field(alias="lastModifiedDateTime")] = None
    web_link: Annotated[str | None, Field(alias="webLink")] = None
    is_online: Annotated[bool | None, Field(alias="isOnlineMeeting")] = None
    meeting: Annotated[WireMeeting | None, Field(alias="onlineMeeting")] = None


class WireMailAddress(Wire):
    name: str | None = None
    address: str | None = None


class WireGuest(Wire):
    """https://learn.microsoft.com/graph/api/resources/attendee"""

    address: Annotated[WireMailAddress, Field(alias="emailAddress")] = WireMailAddress()
    type: str | None = None


class WireGuests(Wire):
    attendees: tuple[WireGuest, ...] | None = None


class LivePage(Wire):
    value: tuple[WireLiveEvent, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None


class WireOwner(Wire):
    name: str | None = None
    address: str | None = None


class WireCalendar(Wire):
    """https://learn.microsoft.com/graph/api/resources/calendar"""

    id: str
    name: str | None = None
    color: str | None = None
    hex_color: Annotated[str | None, Field(alias="hexColor")] = None
    can_edit: Annotated[bool | None, Field(alias="canEdit")] = None
    is_default: Annotated[bool | None, Field(alias="isDefaultCalendar")] = None
    owner: WireOwner | None = None


class WireMeetingProviders(Wire):
    """What a calendar says of the online meetings that can be held on it."""

    allowed: Annotated[tuple[str, ...] | None, Field(alias="allowedOnlineMeetingProviders")] = None
    default: Annotated[str | None, Field(alias="defaultOnlineMeetingProvider")] = None


class Page(Wire):
    """Exactly one of the links is there on a page of a delta; neither on the last of a list."""

    value: tuple[WireEvent, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None
    delta_link: Annotated[str | None, Field(alias="@odata.deltaLink")] = None

    @classmethod
    def salvaged(cls, content: bytes) -> Self:
        """What can be read of a page in which something cannot: one odd member spoils no calendar.

        Raises ValidationError where the time of an item cannot be read: it would be free.
        """
        raw = _Raw.model_validate_json(content)
        return cls(
            value=tuple(mended(WireEvent, one, _ESSENTIAL, _BUSY_AND_PRIVATE) for one in raw.value),
            next_link=raw.next_link,
            delta_link=raw.delta_link,
        )


class GroupPage(Wire):
    """https://learn.microsoft.com/graph/api/resources/calendargroup"""

    class Group(Wire):
        id: str

    value: tuple[Group, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None


class _Raw(Wire):
    value: tuple[Any, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None
    delta_link: Annotated[str | None, Field(alias="@odata.deltaLink")] = None


class CalendarPage(Wire):
    value: tuple[WireCalendar, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None


class WireSubscription(Wire):
    """https://learn.microsoft.com/graph/api/resources/subscription"""

    id: str
    expires: Annotated[str, Field(alias="expirationDateTime")]
    resource: str | None = None
    notification_url: Annotated[str | None, Field(alias="notificationUrl")] = None


class SubscriptionPage(Wire):
    value: tuple[WireSubscription, ...] = ()
    next_link: Annotated[str | None, Field(alias="@odata.nextLink")] = None


class WireUser(Wire):
    mail: str | None = None
    user_principal_name: Annotated[str | None, Field(alias="userPrincipalName")] = None


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class ErrorBody(Wire):
    """Only `code` may drive logic. https://learn.microsoft.com/graph/errors"""

    code: str = ""
    existing_event: Annotated[
        str | None, BeforeValidator(_text), Field(alias="@event.existingEventId")
    ] = None


class ErrorAnswer(Wire):
    error: Annotated[ErrorBody, BeforeValidator(_object)] = ErrorBody()
