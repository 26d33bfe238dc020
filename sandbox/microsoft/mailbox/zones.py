"""Windows and IANA names of time zones, as Outlook uses both."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import tz_win, win_tz

CUSTOM_ZONE = "tzone://Microsoft/Custom"


class UnknownZoneError(ValueError):
    """The name belongs to no Windows or IANA zone."""


@cache
def _iana_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _windows_names() -> dict[str, str]:
    return {name.lower(): name for name in win_tz}


@cache
def zone_of(name: str) -> ZoneInfo:
    """Give the zone of a Windows or IANA name; both are matched without regard to case."""
    wanted = name.strip().lower()
    if wanted in {"utc", "z", "etc/utc"}:
        return ZoneInfo("UTC")
    if wanted in _windows_names():
        return ZoneInfo(win_tz[_windows_names()[wanted]])
    if wanted in _iana_names():
        return ZoneInfo(_iana_names()[wanted])
    raise UnknownZoneError(name)


def windows_name(name: str) -> str:
    """Give the Windows name of a zone, or the name itself when Windows has none for it."""
    key = zone_of(name).key
    return "UTC" if key == "UTC" else tz_win.get(key, name)


def windows_zones() -> list[str]:
    """List the Windows names in order."""
    return sorted(win_tz)


def iana_zones() -> list[str]:
    """List the IANA names in order."""
    return sorted(_iana_names().values())
