"""Anybody may post to where providers post: an answer of theirs, and nothing queued unproven."""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.domain.model import CalendarKey
from shared.domain.proof import prove, proven
from shared.messages import SyncCalendar
from shared.providers.google.notifications import read as read_google
from shared.providers.notifications import Post, Reading
from shared.providers.outlook.notifications import MOST_BYTES
from shared.providers.outlook.notifications import read as read_outlook
from shared.triggers import notifications
from tests.unit.made import FIXTURES, fixture
from tests.unit.spoiling import ANY_JSON, bodies

SECRET = "s" * 40
KEYS = [CalendarKey(digit * 32) for digit in "0af"]
REAL = [
    one.get("body") or one["request"]["body"]
    for number in ("23", "24")
    for one in fixture(number)["examples"]
]
OURS = [
    {"value": [{**item, "clientState": prove(SECRET, KEYS[0])} for item in body["value"]]}
    for body in REAL
]
GOOGLES = [
    one["request"]["headers"]
    for one in json.loads(
        (FIXTURES.parent / "google" / "60-google-push-channel.json").read_text("utf-8")
    )["examples"]
    if "X-Goog-Channel-ID" in one.get("request", {}).get("headers", {})
]
NAMES = st.sampled_from(sorted({name for found in GOOGLES for name in found}))
TEXTS = st.text(max_size=80)
LIFECYCLE = ["missed", "subscriptionRemoved", "reauthorizationRequired", "new", "", None]


def check(text: str | None) -> CalendarKey | None:
    return proven(SECRET, text)


def outlook(body: bytes) -> Reading:
    return read_outlook(Post({}, {}, body), check)


def google(headers: dict[str, str]) -> Reading:
    return read_google(Post({}, headers, b""), check)


PROOFS = {prove(SECRET, key): key for key in KEYS}


@st.composite
def forgeries(draw: st.DrawFn) -> str:
    """What looks like a proof, or was one before it was changed."""
    good = draw(st.sampled_from(sorted(PROOFS)))
    key, _, mac = good.partition(".")
    at = draw(st.integers(0, len(good) - 1))
    return draw(
        st.sampled_from(
            [
                good[:at],
                good[at:],
                good[:at] + draw(st.characters()) + good[at + 1 :],
                f"{good}\n",
                f" {good}",
                f"{good}\x00",
                f"{key.upper()}.{mac}",
                f"{key}.{mac.swapcase()}",
                f"{'1' * 32}.{mac}",
                f"{key}.{mac}=",
                good.translate({ord("0"): "０"}),
                prove(draw(TEXTS), CalendarKey(key)),
                draw(TEXTS),
            ]
        )
    )


@settings(max_examples=250)
@given(bodies(REAL))
def test_whatever_is_posted_for_outlook_is_taken_or_refused_and_proves_nothing(body: bytes) -> None:
    found = outlook(body)
    assert found.status in {202, 400}
    assert not found.news


@settings(max_examples=200)
@given(bodies(OURS))
def test_a_spoiled_post_with_a_proof_tells_of_its_calendar_or_of_none(body: bytes) -> None:
    found = outlook(body)
    assert {news.calendar for news in found.news} <= {KEYS[0]}
    assert found.status == 202 or not found.news


@settings(max_examples=120)
@given(st.lists(st.tuples(st.one_of(st.sampled_from(sorted(PROOFS)), forgeries(), st.none()),
                          st.sampled_from(LIFECYCLE), st.dictionaries(TEXTS, ANY_JSON, max_size=2)),
                max_size=12))  # fmt: skip
def test_a_post_tells_of_exactly_the_calendars_that_are_proven(
    items: list[tuple[str | None, str | None, dict[str, Any]]],
) -> None:
    told = [{**more, "clientState": state, "lifecycleEvent": event} for state, event, more in items]
    for item in told:
        item.pop("subscriptionId", None)
    found = outlook(json.dumps({"value": told}).encode())
    states = [state for state, _, _ in items]
    assert found.status == 202
    assert {news.calendar for news in found.news} == {PROOFS[s] for s in states if s in PROOFS}
    assert found.unproven == sum(state not in PROOFS for state in states)


@settings(max_examples=200)
@given(st.dictionaries(NAMES, st.one_of(TEXTS, forgeries()), max_size=7))
def test_whatever_is_posted_for_google_gets_success_and_a_forgery_tells_nothing(
    headers: dict[str, str],
) -> None:
    found = google(headers)
    assert found.status == 200
    told = {news.calendar for news in found.news}
    assert told <= {PROOFS.get(headers.get("X-Goog-Channel-Token", ""))}


@settings(max_examples=100)
@given(st.sampled_from(GOOGLES), st.sampled_from(sorted(PROOFS)), NAMES, TEXTS)
def test_a_real_message_of_google_that_is_proven_tells_of_its_calendar_alone(
    headers: dict[str, str], proof: str, name: str, text: str
) -> None:
    found = google({**headers, name: text, "x-goog-channel-token": proof})
    assert {news.calendar for news in found.news} <= {PROOFS[proof]}
    assert all(len(news.channel or "") <= 64 for news in found.news)


# Through the function.


class Queued:
    """The queue output of the function."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def set(self, bodies: list[str]) -> None:
        self.bodies = bodies


Receive = Callable[[func.HttpRequest, Queued], func.HttpResponse]


@pytest.fixture(scope="module")
def receive() -> Iterator[Receive]:
    kept = SimpleNamespace(notification_secret=SecretStr(SECRET))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(notifications, "settings", lambda: kept)
        found: Any = notifications.received
        yield found._function.get_user_function()


@settings(max_examples=200)
@given(
    provider=st.one_of(st.sampled_from(["outlook", "google"]), st.text(max_size=12)),
    kind=st.one_of(st.none(), st.just("lifecycle"), TEXTS),
    params=st.dictionaries(st.sampled_from(["validationToken", "x"]), TEXTS, max_size=1),
    headers=st.dictionaries(st.one_of(NAMES, st.just("traceparent")), st.one_of(TEXTS, forgeries()),
                            max_size=4),
    body=bodies(OURS + REAL),
)  # fmt: skip
def test_the_function_answers_what_is_documented_and_queues_what_is_proven(
    receive: Receive, provider: str, kind: str | None, params: dict[str, str],
    headers: dict[str, str], body: bytes,
) -> None:  # fmt: skip
    queued = Queued()
    asked = func.HttpRequest(
        "POST", "http://localhost/api/notifications", params=params, headers=headers,
        route_params={"provider": provider, **({"kind": kind} if kind else {})}, body=body,
    )  # fmt: skip
    answer = receive(asked, queued)
    assert answer.status_code in ({200, 202, 400} if provider in ("outlook", "google") else {404})
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {SyncCalendar.decode(one).calendar for one in queued.bodies} <= set(PROOFS.values())
    if provider == "outlook" and "validationToken" in params:
        assert answer.get_body().decode() == params["validationToken"]
        assert not queued.bodies


# Large ones.

ITEM = b'{"clientState":"%s"}' % prove(SECRET, KEYS[0]).encode()
LARGE = {
    "deep": b'{"value":' + b"[" * (MOST_BYTES - 9),
    "deep and closed": b'{"value":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    "a long number": b'{"value":' + b"9" * (MOST_BYTES - 10) + b"}",
    "a long text": b'{"value":"' + b"x" * (MOST_BYTES - 12) + b'"}',
    "all escapes": b'{"value":"' + b"\\u0000" * 170_000 + b'"}',
    "many items": b'{"value":[' + b",".join([b"{}"] * 340_000) + b"]}",
    "many proofs": b'{"value":[' + b",".join([ITEM] * 11_000) + b"]}",
    "many names": b"{" + b",".join(b'"%d":0' % n for n in range(80_000)) + b"}",
    "too many bytes": b" " * (64 * 1024 * 1024),
}
MOST_SECONDS = 2.0
MOST_MEMORY = 128 * 1024 * 1024


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_body_costs_bounded_time_and_memory(kind: str) -> None:
    """Time of this thread alone, since others may use the machine."""
    body = LARGE[kind]
    assert kind == "too many bytes" or len(body) <= MOST_BYTES
    began = time.thread_time()
    found = outlook(body)
    assert time.thread_time() - began < MOST_SECONDS
    assert found.status == 400
    tracemalloc.start()
    outlook(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_MEMORY


@pytest.mark.parametrize("text", ["0" * 1_000_000, "0" * 32 + "." + "A" * 1_000_000, "." * 500_000])
def test_a_long_proof_is_no_proof_and_costs_nothing(text: str) -> None:
    began = time.thread_time()
    assert check(text) is None
    assert not google({"X-Goog-Channel-Token": text}).news
    assert time.thread_time() - began < 0.5
