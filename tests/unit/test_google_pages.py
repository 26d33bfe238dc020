"""Pages of events: one odd item spoils none, and no list goes on for ever."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.errors import RoundEndless
from shared.providers.google.pages import Collected
from shared.providers.google.wire import EventPage, WireEvent


def page(*ids: str, token: str | None = "next", etag: str = "1", **more: Any) -> EventPage:
    items = tuple(WireEvent(id=key, etag=etag) for key in ids)
    return EventPage(items=items, next_page_token=token, **more)


def around(odd: Any) -> bytes:
    body = {"items": [{"id": "a"}, odd, {"id": "b"}], "nextSyncToken": "s", "timeZone": "UTC"}
    return json.dumps(body).encode()


@pytest.mark.parametrize("odd", [{"summary": 7}, {"attendees": [7]}, {"status": None, "etag": 7}])
def test_e4_one_odd_item_spoils_no_page(odd: Any) -> None:
    found = EventPage.salvaged(around({"id": "x", **odd}))
    assert [item.id for item in found.items] == ["a", "x", "b"]
    assert (found.next_sync_token, found.time_zone) == ("s", "UTC")
    assert (found.items[1].visibility, found.items[1].transparency) == ("private", "opaque")


@pytest.mark.parametrize("odd", [{"id": 7}, {"id": "x", "start": "now"}, {}, None, [], "text"])
def test_r16_no_item_is_left_out_of_a_page(odd: Any) -> None:
    with pytest.raises(ValidationError):
        EventPage.salvaged(around(odd))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items": 7}', b'{"nextPageToken": 7}', b"\xff"])
def test_what_is_no_page_stays_none(body: bytes) -> None:
    with pytest.raises(ValidationError):
        EventPage.salvaged(body)


def test_the_last_appearance_of_an_event_wins() -> None:
    collected = Collected()
    collected.add(page("a", "b"))
    collected.add(page("a", etag="2", token=None, next_sync_token="s", time_zone="UTC"))
    assert {key: item.etag for key, item in collected.items.items()} == {"b": "1", "a": "2"}
    assert (collected.sync_token, collected.zone) == ("s", "UTC")


def test_empty_pages_in_the_middle_are_normal() -> None:
    collected = Collected()
    for _ in range(20):
        collected.add(page())


def test_pages_that_bring_nothing_new_are_given_up() -> None:
    collected = Collected()
    collected.add(page("a"))
    collected.add(page("a"))
    with pytest.raises(RoundEndless):
        collected.add(page("a"))


def test_pages_without_end_are_given_up() -> None:
    collected = Collected()
    for number in range(399):
        collected.add(page(f"e{number}"))
    with pytest.raises(RoundEndless):
        collected.add(page("last"))
