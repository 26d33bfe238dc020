"""Which calendars a user has chosen, and whether the choice can be kept (R5–R8)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.domain.availability import Policy
from shared.domain.model import CalendarInfo, ProviderName, Role


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    provider: ProviderName
    calendar_id: str


@dataclass(frozen=True, slots=True)
class Selection:
    primary: Choice | None = None
    conflicts: tuple[Choice, ...] = ()
    policy: Policy = field(default_factory=Policy)

    def roles(self) -> Iterator[tuple[Choice, Role]]:
        if self.primary is not None:
            yield self.primary, Role.PRIMARY
        for choice in self.conflicts:
            yield choice, Role.CONFLICT

    def without(self, provider: ProviderName) -> "Selection":
        """The selection once that provider's account is disconnected (R12)."""
        primary = self.primary if self.primary and self.primary.provider != provider else None
        kept = tuple(choice for choice in self.conflicts if choice.provider != provider)
        return replace(self, primary=primary, conflicts=kept)


class Refusal(StrEnum):
    PROVIDER_NOT_CONNECTED = "provider_not_connected"
    UNKNOWN_CALENDAR = "unknown_calendar"
    CALENDAR_TWICE = "calendar_twice"
    CALENDAR_READ_ONLY = "calendar_read_only"


@dataclass(frozen=True, slots=True)
class Refused:
    refusal: Refusal
    choice: Choice


def providers_chosen(selection: Selection) -> set[ProviderName]:
    return {choice.provider for choice, _ in selection.roles()}


def check(
    selection: Selection,
    connected: Collection[ProviderName],
    calendars: Mapping[ProviderName, Iterable[CalendarInfo]],
) -> Refused | None:
    """The first reason why the selection cannot be kept, or None.

    `connected` are the providers with an account, `calendars` what these list now.
    """
    listed = {
        Choice(provider, info.calendar_id): info
        for provider, infos in calendars.items()
        for info in infos
    }
    seen: set[Choice] = set()
    for choice, role in selection.roles():
        refusal = _refusal(choice, role, connected, listed, seen)
        if refusal is not None:
            return Refused(refusal, choice)
        seen.add(choice)
    return None


def _refusal(
    choice: Choice,
    role: Role,
    connected: Collection[ProviderName],
    listed: Mapping[Choice, CalendarInfo],
    seen: set[Choice],
) -> Refusal | None:
    if choice.provider not in connected:
        return Refusal.PROVIDER_NOT_CONNECTED
    if choice in seen:
        return Refusal.CALENDAR_TWICE
    info = listed.get(choice)
    if info is None:
        return Refusal.UNKNOWN_CALENDAR
    if role is Role.PRIMARY and not info.can_write:
        return Refusal.CALENDAR_READ_ONLY
    return None
