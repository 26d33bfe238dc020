"""Reading what Graph posts to us. Pure, and light to import: this is the path that must be fast.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.model import CalendarKey
from shared.errors import InvalidRequest

MOST_BYTES = 1024 * 1024


class Lifecycle(StrEnum):
    """In the order in which they count where a body tells several: each does what the next does."""

    SUBSCRIPTION_REMOVED = "subscriptionRemoved"
    REAUTHORIZATION_REQUIRED = "reauthorizationRequired"
    MISSED = "missed"


_ORDER: tuple[Lifecycle | None, ...] = (*Lifecycle, None)


@dataclass(frozen=True, slots=True)
class Told:
    """What a body tells of a calendar: `lifecycle` is None for a change of its events."""

    lifecycle: Lifecycle | None
    subscription: str | None


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    client_state: Annotated[str | None, Field(alias="clientState")] = None
    lifecycle_event: Annotated[str | None, Field(alias="lifecycleEvent")] = None
    subscription_id: Annotated[str | None, Field(alias="subscriptionId", max_length=128)] = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")
    value: tuple[_Item, ...]


def calendars_told(
    body: bytes, proven: Callable[[str | None], CalendarKey | None]
) -> Mapping[CalendarKey, Told]:
    """The calendars that a body tells of, each once, with the weightiest that it tells.

    Changes and lifecycle events may come mixed, on either address; items without proof are left
    out. Raises InvalidRequest for what is no notification.
    """
    try:
        items = _Body.model_validate_json(body).value
    except ValidationError:
        raise InvalidRequest("This is not a notification.") from None
    found: dict[CalendarKey, Told] = {}
    for item in items:
        key = proven(item.client_state)
        if key is not None:
            told = Told(_lifecycle(item), item.subscription_id)
            found[key] = min(told, found.get(key, told), key=_weight)
    return found


def _weight(told: Told) -> int:
    return _ORDER.index(told.lifecycle)


def _lifecycle(item: _Item) -> Lifecycle | None:
    if item.lifecycle_event is None:
        return None
    try:
        return Lifecycle(item.lifecycle_event)
    except ValueError:
        return Lifecycle.MISSED  # something new: reading is never wrong
