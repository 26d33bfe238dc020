"""What Google posts to us: all in the headers, proven by the channel's token."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.domain.model import CalendarKey
from shared.domain.proof import prove, proven
from shared.providers.google.notifications import read
from shared.providers.notifications import News, Post, Proven, Told
from tests.fixtures.google.scripted import fixture

KEY = CalendarKey("0" * 32)
SECRET = "secret"


def told(**headers: str) -> News | None:
    given = {f"X-Goog-{name.replace('_', '-')}": value for name, value in headers.items()}
    return _read(given, lambda text: proven(SECRET, text))


def _read(headers: Mapping[str, str], proven: Proven) -> News | None:
    found = read(Post({}, headers, b""), proven)
    assert (found.status, found.text) == (200, "")
    return found.news[0] if found.news else None


def test_a_change_of_a_proven_calendar() -> None:
    found = told(Channel_Token=prove(SECRET, KEY), Resource_State="exists", Channel_ID="c")
    assert found == News(KEY, Told.CHANGED, "c")


@pytest.mark.parametrize("state", ["not_exists", "somethingNew", ""])
def test_any_other_state_counts_as_a_change(state: str) -> None:
    found = told(Channel_Token=prove(SECRET, KEY), Resource_State=state)
    assert found == News(KEY, Told.CHANGED)


def test_a_message_without_a_state_counts_too() -> None:
    assert told(Channel_Token=prove(SECRET, KEY)) == News(KEY, Told.CHANGED)


@pytest.mark.parametrize("state", ["sync", "SYNC"])
def test_that_a_channel_was_opened_is_no_change(state: str) -> None:
    assert told(Channel_Token=prove(SECRET, KEY), Resource_State=state) is None


@pytest.mark.parametrize("token", ["", "x", prove("other", KEY), prove(SECRET, KEY) + "x"])
def test_without_proof_nothing_is_told(token: str) -> None:
    assert told(Channel_Token=token, Resource_State="exists") is None
    assert told(Resource_State="exists") is None


@pytest.mark.parametrize("one", [e for e in fixture("60")["examples"] if "name" in e])
def test_documented_messages(one: dict[str, Any]) -> None:
    headers = {name.lower(): value for name, value in one["request"]["headers"].items()}
    found = _read(headers, lambda _: KEY)
    opened = one["name"].startswith("sync")
    assert found == (None if opened else News(KEY, Told.CHANGED, headers["x-goog-channel-id"]))
