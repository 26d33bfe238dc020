"""How long somebody asks us to wait: any Retry-After header (F12)."""

import math
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.waiting import retry_after
from tests.unit.made import NOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("10", 10.0),
        ("2.128", 2.128),
        ("-5", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("99999999999", 24 * 3600.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Tue, 10 Mar 2026 13:02:00 +0100", 120.0),
        ("Tue, 10 Mar 2026 12:02:00 -0000", 120.0),
        ("Mon, 99999999999999999999 Jan 2020 00:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after(value, NOW) == expected


@given(
    st.one_of(
        st.text(max_size=60),
        st.text("0123456789.eE+-_infatyNI ", max_size=12),
        st.floats().map(str),
        st.integers().map(str),
        st.datetimes().map(format_datetime),
        st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,25} [A-Z][a-z]{2} [0-9]{1,25} "
                      r"[0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3} ([+-][0-9]{1,25}|GMT|)", fullmatch=True),
    )
)  # fmt: skip
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 1 Jan 0001 00:00:00 +2359")
@example("1 Jan 2020 00:00:00 +99999999999999999999")
def test_no_retry_after_is_negative_endless_or_raises(value: str) -> None:
    found = retry_after(value, NOW)
    assert found is None or (found >= 0 and math.isfinite(found))
    if found is not None:
        assert NOW + timedelta(seconds=found) >= NOW
