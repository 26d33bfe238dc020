"""A channel, and the switches of the push service."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Literal

from sandbox.google.account import Account
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.calendars.ids import resource_id

State = Literal["sync", "exists", "not_exists"]


@dataclass(eq=False)
class Channel:
    """One channel on the events of a calendar; `calendar` None watches the calendar list."""

    id: str
    account: Account
    calendar: Calendar | None
    resource_uri: str
    address: str
    token: str | None
    expires_at: datetime
    number: int = 0
    silent: bool = False

    @property
    def resource_id(self) -> str:
        """What is watched; the same for each channel on it."""
        return resource_id(self.resource_uri)

    @property
    def expiration(self) -> str:
        """The end in milliseconds since 1970."""
        return str(int(self.expires_at.timestamp() * 1000))

    def as_json(self) -> dict[str, Any]:
        """The Channel resource."""
        shown = {
            "kind": "api#channel",
            "id": self.id,
            "resourceId": self.resource_id,
            "resourceUri": self.resource_uri,
            "expiration": self.expiration,
        }
        return shown | ({"token": self.token} if self.token is not None else {})

    def headers(self, state: State) -> dict[str, str]:
        """A message: headers only."""
        found = {
            "Content-Type": "application/json; utf-8",
            "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
            "X-Goog-Channel-ID": self.id,
            "X-Goog-Channel-Expiration": format_datetime(self.expires_at, usegmt=True),
            "X-Goog-Resource-ID": self.resource_id,
            "X-Goog-Resource-URI": self.resource_uri,
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(self.number),
        }
        return found | ({"X-Goog-Channel-Token": self.token} if self.token is not None else {})


@dataclass
class ChannelSettings:
    """Limits and delivery switches
    (developers.google.com/workspace/calendar/api/guides/push).

    sync_first: how often the sync message arrives before the answer to the watch request.
    early: how often a message arrives before the list shows the change, which is hidden for
        `early_seconds`.
    largest_gap: how far apart message numbers may lie.
    retry_delays: after 500, 502, 503, 504 and no answer; every other refusal is final.
    """

    max_days: float = 7.0
    hostile: bool = True
    delay_seconds: tuple[float, float] = (0.02, 0.15)
    sync_first_probability: float = 0.5
    duplicate_probability: float = 0.3
    early_probability: float = 0.2
    early_seconds: float = 0.1
    largest_gap: int = 9
    answer_seconds: float = 10.0
    retry_delays: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0)
    losing: set[str] = field(default_factory=set)
    end_with_grant: bool = False
