"""Reading what Graph posts to us. Pure, and light to import: this is the path that must be fast.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.model import CalendarKey
from shared.providers.notifications import News, Post, Proven, Reading, Told

MOST_BYTES = 1024 * 1024
# A real item takes 300 bytes and more; of smaller ones a body could hold a hundred times as many.
_MOST_ITEMS = 5_000

_LIFECYCLE = {
    "subscriptionRemoved": Told.PUSH_REMOVED,
    "reauthorizationRequired": Told.REAUTHORIZE,
    "missed": Told.MISSED,
}
# Where a body tells several of a calendar the first counts: each does what the next does.
_ORDER = (Told.PUSH_REMOVED, Told.REAUTHORIZE, Told.MISSED, Told.CHANGED)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    client_state: Annotated[str | None, Field(alias="clientState")] = None
    lifecycle_event: Annotated[str | None, Field(alias="lifecycleEvent")] = None
    subscription_id: Annotated[str | None, Field(alias="subscriptionId", max_length=128)] = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")
    value: Annotated[tuple[_Item, ...], Field(max_length=_MOST_ITEMS)]


def read(post: Post, proven: Proven, /) -> Reading:
    """Answers the handshake at once; else the calendars that the body tells of, each once.

    Changes and lifecycle events may come mixed, on either address; items without proof are left
    out.
    """
    token = post.parameters.get("validationToken")
    if token is not None:
        return Reading(200, token)
    if len(post.body) > MOST_BYTES:
        return Reading(400, "too large")
    try:
        items = _Body.model_validate_json(post.body).value
    except ValidationError:
        return Reading(400, "This is not a notification.")
    found: dict[CalendarKey, News] = {}
    unproven = 0
    for item in items:
        key = proven(item.client_state)
        if key is None:
            unproven += 1
            continue
        news = _news(key, item)
        found[key] = min(news, found.get(key, news), key=_weight)
    return Reading(202, news=tuple(found.values()), unproven=unproven)


def _news(key: CalendarKey, item: _Item) -> News:
    """A lifecycle event that is new to us counts as a change: reading is never wrong."""
    if item.lifecycle_event is None:
        return News(key, Told.CHANGED)
    told = _LIFECYCLE.get(item.lifecycle_event, Told.CHANGED)
    return News(key, told, item.subscription_id)


def _weight(news: News) -> tuple[int, bool]:
    return _ORDER.index(news.told), news.channel is None
