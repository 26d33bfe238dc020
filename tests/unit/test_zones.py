"""Names of zones as Outlook writes them (F20, F21)."""

from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from shared.domain.zones import iana_zone, windows_zone, zone_info
from tests.unit.made import at, fixture


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("pacific standard time", "America/Los_Angeles"),
        (" W. Europe Standard Time ", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("Central Europe Standard Time", "Europe/Budapest"),
        ("Dateline Standard Time", "Etc/GMT+12"),
        ("UTC-11", "Etc/GMT+11"),
        ("UTC+12", "Etc/GMT-12"),
        ("Europe/Prague", "Europe/Prague"),
        ("europe/prague", "Europe/Prague"),
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("Europe/Kiev", "Europe/Kiev"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("tzone://Microsoft/Custom", None),
        ("Customized Time Zone", None),
        ("", None),
        (None, None),
        ("   ", None),
        ("Nowhere/Special", None),
        ("../../etc/passwd", None),
    ],
)
def test_names(name: str | None, expected: str | None) -> None:
    assert iana_zone(name) == expected


@pytest.mark.parametrize("names", [
    ("Europe/Kyiv", "Europe/Kiev", "FLE Standard Time"),
    ("Asia/Calcutta", "Asia/Kolkata", "India Standard Time"),
    ("UTC", "Etc/UTC", "utc"),
])  # fmt: skip
def test_aliases_tell_the_same_time(names: tuple[str, ...]) -> None:
    for moment in (at("2026-01-15 12:00"), at("2026-07-15 12:00")):
        offsets = {zone_info(iana_zone(name)).utcoffset(moment.replace(tzinfo=None))
                   for name in names}  # fmt: skip
        assert len(offsets) == 1


def test_every_windows_name_and_every_iana_name_is_a_zone_that_loads() -> None:
    for name in (*win_tz, *(available_timezones() - {"localtime", "Factory"})):
        found = iana_zone(name)
        assert found is not None
        assert isinstance(zone_info(found), ZoneInfo)


@pytest.mark.parametrize("name", ["localtime", "Factory"])
def test_what_depends_on_the_machine_is_no_zone(name: str) -> None:
    assert iana_zone(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("europe/berlin", "W. Europe Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("Europe/Kiev", "FLE Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("Etc/UTC", "UTC"),
        ("UTC", "UTC"),
        ("Antarctica/Troll", None),
        ("EST5EDT", None),
        ("W. Europe Standard Time", None),
        ("Nowhere/Special", None),
        ("", None),
    ],
)
def test_windows_names(name: str, expected: str | None) -> None:
    assert windows_zone(name) == expected


def test_every_windows_name_that_is_given_is_a_zone() -> None:
    for name in available_timezones():
        windows = windows_zone(name)
        assert windows is None or iana_zone(windows) is not None


LISTED = [one["response"]["body"]["value"] for one in fixture("45")["examples"]]


@pytest.mark.parametrize("name", [zone["alias"] for zones in LISTED for zone in zones])
def test_names_that_graph_lists(name: str) -> None:
    assert iana_zone(name) is not None


@given(st.text(max_size=40))
def test_any_text_is_a_zone_or_none(text: str) -> None:
    assert zone_info(iana_zone(text)) is not None


def test_without_a_name_it_is_utc() -> None:
    assert zone_info(None) == zone_info("") == ZoneInfo("UTC")
