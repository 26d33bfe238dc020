"""Whatever the CRM's webhook answers, the change is taken, tried again at some time, or ended."""

import base64
import math
import ssl
import time

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.delivery import SCHEDULE, wait_after
from shared.domain.waiting import retry_after
from shared.webhooks.base import Answered
from shared.webhooks.sending import StandardWebhook
from tests.unit.made import NOW

A_DAY = 24 * 3600.0
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
WEBHOOK = StandardWebhook(
    "https://crm.example/hooks", [SECRET], ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), lambda: NOW
)
NAMES = st.sampled_from([b"Retry-After", b"retry-after", b"RETRY-AFTER", b"X", b""])
HEADERS = st.lists(
    st.tuples(
        NAMES,
        st.one_of(
            st.binary(max_size=60),
            st.floats().map(lambda seconds: str(seconds).encode()),
            st.integers().map(lambda seconds: str(seconds).encode()),
        ),
    ),
    max_size=4,
)


@settings(max_examples=400)
@given(st.integers(100, 999), HEADERS, st.integers(0, len(SCHEDULE)))
def test_any_answer_has_a_meaning_and_no_wait_is_endless(
    status: int, headers: list[tuple[bytes, bytes]], tries: int
) -> None:
    found = WEBHOOK._meaning(httpcore.Response(status, headers=headers))
    taken, ended = 200 <= status < 300, status == 410
    assert (found.answered is Answered.TAKEN, found.answered is Answered.ENDED) == (taken, ended)
    assert found.retry_after is None or 0 <= found.retry_after <= A_DAY
    wait = wait_after(tries, found.retry_after, 1.0)
    assert wait is None or (math.isfinite(wait) and wait <= 1.1 * max(*SCHEDULE, A_DAY))


@pytest.mark.parametrize(
    "value", ["9" * 500_000, "Mon, " * 100_000, "(" * 200_000, "1e" + "9" * 100_000, ":" * 200_000]
)
def test_a_long_retry_after_costs_bounded_time(value: str) -> None:
    """Longer than any client lets through; the time of this thread alone."""
    began = time.thread_time()
    found = retry_after(value, NOW)
    assert found is None or 0 <= found <= A_DAY
    assert time.thread_time() - began < 2.0
