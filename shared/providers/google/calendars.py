"""The calendars that an account sees.

https://developers.google.com/workspace/calendar/api/v3/reference/calendarList
"""

from collections.abc import Iterable

from shared.domain.model import CalendarInfo
from shared.errors import CalendarForbidden, CalendarGone, MailboxMissing, ProviderUnavailable
from shared.providers.google.client import GoogleClient, Path
from shared.providers.google.event_body import MEET
from shared.providers.google.wire import CalendarPage, WireCalendar

_LIST: Path = ("users", "me", "calendarList")
_PAGE_SIZE = 250
_MOST_PAGES = 100

_NO_CALENDAR = (
    "This Google account has no calendar. Open Google Calendar with it once, or ask your "
    "administrator to switch Google Calendar on for it, and connect again."
)

_WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})

# Ids of calendars that are nobody's primary one look like addresses too:
# https://support.google.com/calendar/answer/37083
_NOT_PEOPLE = "calendar.google.com"


async def check(client: GoogleClient) -> None:
    try:
        await client.get((*_LIST, "primary"), WireCalendar)
    except (CalendarGone, CalendarForbidden, MailboxMissing):
        raise MailboxMissing(_NO_CALENDAR) from None


async def listed(client: GoogleClient) -> list[WireCalendar]:
    """All of them, also those that the user has hidden from view."""
    found: dict[str, WireCalendar] = {}
    token: str | None = None
    for _ in range(_MOST_PAGES):
        asked = {"maxResults": _PAGE_SIZE, "showHidden": True}
        page = await client.get(
            _LIST, CalendarPage, asked if token is None else {**asked, "pageToken": token}
        )
        found |= {item.id: item for item in page.items if not item.deleted}
        token = page.next_page_token
        if not token:
            return list(found.values())
    raise ProviderUnavailable("The list of calendars does not end.")


async def has_meetings(client: GoogleClient, calendar_id: str) -> bool:
    """Whether a meeting can be held on the calendar; not where it is not in the user's list."""
    try:
        found = await client.get((*_LIST, calendar_id), WireCalendar)
    except CalendarGone:
        return False
    return found.conferences is not None and MEET in (found.conferences.allowed or ())


def writable(item: WireCalendar) -> bool:
    return item.access in _WRITERS


def infos(found: Iterable[WireCalendar]) -> list[CalendarInfo]:
    """Ids as listed: that of the primary calendar is its address, never the word `primary`."""
    items = list(found)
    own = next((item.id for item in items if item.primary), None)
    return [_info(item, own) for item in items]


def _info(item: WireCalendar, own: str | None) -> CalendarInfo:
    owner = _owner(item)
    known = owner is not None and own is not None
    # Who may manage a calendar need not be whose it is.
    shared = _differ(owner, own) if known else item.access != "owner"
    return CalendarInfo(
        calendar_id=item.id,
        name=item.summary_override or item.summary or "",
        color=item.color,
        owner_name=None,
        owner_address=owner if shared else own,
        is_default=bool(item.primary),
        can_write=writable(item),
        shared=shared,
    )


def _differ(one: str | None, other: str | None) -> bool:
    return (one or "").casefold() != (other or "").casefold()


def _owner(item: WireCalendar) -> str | None:
    """The id of somebody's primary calendar is that person's address."""
    if item.data_owner:
        return item.data_owner
    _, at, domain = item.id.rpartition("@")
    made_up = domain == _NOT_PEOPLE or domain.endswith(f".{_NOT_PEOPLE}")
    return item.id if at and not made_up else None
