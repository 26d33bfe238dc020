"""When a delivery is tried again, and which addresses one may go to."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.domain.delivery import SCHEDULE, wait_after
from shared.domain.waiting import retry_after
from shared.webhooks.network import is_public

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = 24 * 3600.0


def test_the_schedule_of_the_specification() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    waits = [wait_after(tries, None, 0.0) for tries in range(11)]
    hours = [hour * 3600 for hour in (2, 5, 10, 14, 20, 24)]
    assert waits == [0, 5, 300, 1800, *hours, None]


@pytest.mark.parametrize("tries", range(len(SCHEDULE)))
def test_waits_are_spread_by_a_tenth_at_most(tries: int) -> None:
    assert wait_after(tries, None, 1.0) == pytest.approx(SCHEDULE[tries] * 1.1)
    assert wait_after(tries, None, 0.5) == pytest.approx(SCHEDULE[tries] * 1.05)


def test_what_the_crm_asks_for_is_the_least() -> None:
    assert wait_after(1, 60.0, 1.0) == 60.0
    assert wait_after(1, 0.0, 0.0) == 5.0
    assert wait_after(3, 60.0, 0.0) == 1800.0
    assert wait_after(10, 60.0, 0.0) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 2.128 ", 2.128),
        ("0", 0.0),
        ("-5", 0.0),
        ("999999999", DAY),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
        ("Tue, 10 Mar 2026 12:05:00 -0000", 300.0),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0.0),
        ("Tue, 10 Mar 2099 11:00:00 GMT", DAY),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Tue, 99 Mar 2026 12:05:00 GMT", None),
        ("9" * 5000, None),
    ],
)
def test_how_long_a_header_asks_to_wait(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::10.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:168.63.129.16",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "2001:db8::1",
        "2001::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "20.50.2.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)
