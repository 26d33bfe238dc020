"""Reading what Graph posts to us. Pure, and light to import: this is the path that must be fast.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.model import CalendarKey
from shared.errors import InvalidRequest

MOST_BYTES = 1024 * 1024


class Lifecycle(StrEnum):
    REAUTHORIZATION_REQUIRED = "reauthorizationRequired"
    SUBSCRIPTION_REMOVED = "subscriptionRemoved"
    MISSED = "missed"


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    client_state: Annotated[str | None, Field(alias="clientState")] = None
    lifecycle_event: Annotated[str | None, Field(alias="lifecycleEvent")] = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")
    value: tuple[_Item, ...]


def calendars_told(
    body: bytes, proven: Callable[[str | None], CalendarKey | None]
) -> Mapping[CalendarKey, Lifecycle | None]:
    """The calendars that a body tells of, each once, with what happens to its subscription.

    Changes and lifecycle events may come mixed, on either address; items without proof are left
    out. Raises InvalidRequest for what is no notification.
    """
    try:
        items = _Body.model_validate_json(body).value
    except ValidationError:
        raise InvalidRequest("This is not a notification.") from None
    told: dict[CalendarKey, Lifecycle | None] = {}
    for item in items:
        key = proven(item.client_state)
        if key is not None:
            told[key] = _lifecycle(item) or told.get(key)
    return told


def _lifecycle(item: _Item) -> Lifecycle | None:
    if item.lifecycle_event is None:
        return None
    try:
        return Lifecycle(item.lifecycle_event)
    except ValueError:
        return Lifecycle.MISSED  # something new: reading is never wrong
