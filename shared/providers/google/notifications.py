"""Reading what Google posts to us. Pure, and light to import: this is the path that must be fast.

All is in the headers: https://developers.google.com/workspace/calendar/api/guides/push
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.model import CalendarKey

_OPENED = "sync"


@dataclass(frozen=True, slots=True)
class Told:
    """A calendar has changed; `state` is Google's word for it."""

    calendar: CalendarKey
    state: str
    channel: str | None


def calendar_told(
    headers: Mapping[str, str], proven: Callable[[str | None], CalendarKey | None]
) -> Told | None:
    """The calendar that a message tells of; None for one without proof.

    Also None for the first message of a channel, which says only that it was opened. Any other
    state, also a new one, counts as a change: reading is never wrong.
    """
    said = {name.casefold(): value for name, value in headers.items()}
    state = said.get("x-goog-resource-state", "")
    if state.casefold() == _OPENED:
        return None
    key = proven(said.get("x-goog-channel-token"))
    return None if key is None else Told(key, state, said.get("x-goog-channel-id"))
