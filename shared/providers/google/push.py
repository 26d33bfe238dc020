"""Google's push channels for the events of a calendar.

https://developers.google.com/workspace/calendar/api/guides/push
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from shared.domain.model import Push, PushStatus
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    ProviderRejected,
    ProviderUnavailable,
    PushGone,
    PushRefused,
)
from shared.providers.google.client import GoogleClient, read
from shared.providers.google.wire import WireChannel

# What Google gives at most; it has been seen to give less.
_LIFE = timedelta(days=7)


async def subscribe(client: GoogleClient, calendar_id: str, proof: str, address: str) -> Push:
    """Raises PushRefused where Google never will, as for calendars that it makes up itself, such
    as holidays; the errors of answers.py where it may later.

    That our address is not taken, for its domain or its form, says nothing of the calendar: the
    operator can mend it, and then it works at the next try.
    """
    now = client.now
    body = {
        "id": str(uuid4()),
        "type": "web_hook",
        "address": address,
        "token": proof,
        "expiration": int((now + _LIFE).timestamp() * 1000),
    }
    try:
        answer = await client.send("POST", ("calendars", calendar_id, "events", "watch"), body=body)
    except (CalendarForbidden, CalendarGone) as error:
        raise PushRefused(error.detail) from None
    except ProviderRejected as error:
        raise ProviderUnavailable(error.detail) from None
    return _active(read(answer, WireChannel), now)


async def renew(client: GoogleClient, calendar_id: str, proof: str, address: str) -> Push:
    """Opens another channel, since no channel can be renewed. Raises PushGone."""
    try:
        return await subscribe(client, calendar_id, proof, address)
    except PushRefused as error:
        raise PushGone(error.detail) from None


async def unsubscribe(client: GoogleClient, push: Push) -> None:
    """Ends the channel; what it sends until then is proven, and only makes us read."""
    if push.subscription_id is None or push.resource_id is None:
        return
    body = {"id": push.subscription_id, "resourceId": push.resource_id}
    try:
        await client.send("POST", ("channels", "stop"), body=body)
    except CalendarGone:
        return


def _active(made: WireChannel, now: datetime) -> Push:
    """What Google granted counts, not what was asked for."""
    return Push(
        PushStatus.ACTIVE,
        made.id,
        resource_id=made.resource_id,
        complete=True,
        expires_at=_expiry(made, now),
        changed_at=now,
    )


def _expiry(made: WireChannel, now: datetime) -> datetime:
    if made.expiration is None:
        return now + _LIFE
    try:
        return datetime.fromtimestamp(made.expiration / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise ProviderUnavailable("Google's channel has no readable end.") from None
