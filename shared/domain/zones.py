"""Names of time zones, as people and providers write them."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import tz_win, win_tz

# `localtime` is whatever this machine is set to, `Factory` is a place that does not exist.
_NO_ZONES = {"localtime", "Factory"}
_WINDOWS_BY_FOLDED = {name.casefold(): iana for name, iana in win_tz.items()}


def is_iana_zone(name: str) -> bool:
    """Whether that is the IANA name of a zone, written as it is there."""
    return _iana_by_folded().get(name.casefold()) == name


def iana_zone(name: str | None) -> str | None:
    """The IANA name for a Windows or IANA name; None where there is no such zone.

    Outlook also says `tzone://Microsoft/Custom`, `Customized Time Zone` or nothing at all: these
    name no zone, so the caller falls back to the instants that it asked for in UTC.
    """
    folded = (name or "").strip().casefold()
    return _WINDOWS_BY_FOLDED.get(folded) or _iana_by_folded().get(folded)


def windows_zone(name: str) -> str | None:
    """The Windows name for an IANA name; None where Windows has no such zone.

    Several zones share a Windows zone, and not all of them keep its rules.
    """
    known = _iana_by_folded().get(name.casefold())
    return tz_win.get(known) if known else None


def zone_info(name: str | None) -> ZoneInfo:
    """The zone of that IANA name; UTC where there is none."""
    return ZoneInfo(name) if name else ZoneInfo("UTC")


@cache
def _iana_by_folded() -> Mapping[str, str]:
    """Looks through the files of all zones: only when the first is asked for."""
    return {name.casefold(): name for name in available_timezones() - _NO_ZONES}
