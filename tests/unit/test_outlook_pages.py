"""Collecting pages: empty ones, replays, and rounds without end (F10)."""

from collections.abc import AsyncIterator, Iterable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RoundEndless
from shared.providers.outlook.pages import Collected, collect
from shared.providers.outlook.wire import Page
from tests.unit.made import fixture

MOST_PAGES = 400


def page(*items: tuple[str, str], last: bool = False, number: int = 0) -> Page:
    link = "@odata.deltaLink" if last else "@odata.nextLink"
    value = [{"id": key, "@odata.etag": etag} for key, etag in items]
    return Page.model_validate({"value": value, link: f"https://graph.example.test/{number}"})


async def served(pages: Iterable[Page], asked: list[int] | None = None) -> AsyncIterator[Page]:
    for number, one in enumerate(pages):
        if asked is not None:
            asked.append(number)
        yield one


async def test_the_pages_of_a_real_round() -> None:
    bodies = [one["response"]["body"] for one in fixture("06")["examples"][:3]]
    collected = await collect(served(Page.model_validate(body) for body in bodies))
    assert len(collected.items) == 5
    assert collected.delta_link is not None
    assert collected.delta_link.endswith("$deltatoken=R0usmcMDNGg0J1E")


async def test_empty_pages_are_followed_however_many() -> None:
    body = fixture("09")["examples"][4]["response"]["body"]
    empty = [Page.model_validate(body)] * 50
    collected = await collect(served([*empty, page(("a", "1")), *empty, page(last=True)]))
    assert list(collected.items) == ["a"]
    assert collected.delta_link is not None


async def test_empty_pages_between_repetitions_do_not_hide_them() -> None:
    again = page(("a", "1"))
    with pytest.raises(RoundEndless):
        await collect(served([again, page(), again, page(), again, page(), page(last=True)]))


async def test_the_last_appearance_wins_wherever_it_comes() -> None:
    body: list[dict[str, Any]] = [
        {"id": "a", "@odata.etag": "1", "subject": "old"},
        {"id": "b", "@odata.etag": "1"},
        {"id": "a", "@odata.etag": "2", "subject": "new"},
        {"id": "b", "@removed": {"reason": "deleted"}},
    ]
    collected = await collect(served([Page.model_validate({"value": body})]))
    assert collected.items["a"].subject == "new"
    assert collected.items["b"].removed is not None
    assert list(collected.items) == ["a", "b"]


async def test_the_loop_of_the_field_reports_is_given_up_after_two_repetitions() -> None:
    body = fixture("12")["examples"][1]["response"]["body"]
    looping = (
        Page.model_validate({**body, "@odata.nextLink": f"https://graph.example.test/{number}"})
        for number in count()
    )
    asked: list[int] = []
    with pytest.raises(RoundEndless):
        await collect(served(looping, asked))
    assert asked == [0, 1, 2]


async def test_one_page_of_repetitions_is_no_loop_nor_is_the_last_page() -> None:
    same = page(("a", "1"))
    collected = await collect(
        served([same, same, page(("b", "1")), same, page(("a", "1"), last=True)])
    )
    assert set(collected.items) == {"a", "b"}


async def test_a_new_etag_is_news() -> None:
    pages = [page(("a", str(number))) for number in range(10)]
    collected = await collect(served([*pages, page(last=True)]))
    assert collected.items["a"].etag == "9"


async def test_a_round_of_ever_new_items_ends_at_a_cap() -> None:
    asked: list[int] = []
    with pytest.raises(RoundEndless):
        await collect(served((page((str(number), "1")) for number in count()), asked))
    assert len(asked) == MOST_PAGES


async def test_a_round_just_under_the_cap_is_whole() -> None:
    pages = [page((str(number), "1")) for number in range(MOST_PAGES - 1)]
    collected = await collect(served([*pages, page(("last", "1"), last=True)]))
    assert len(collected.items) == MOST_PAGES


keys = st.tuples(st.sampled_from("abcd"), st.sampled_from("12"))


@given(st.lists(st.lists(keys, max_size=4), max_size=12))
def test_a_round_gives_every_item_once_or_is_given_up(found: list[list[tuple[str, str]]]) -> None:
    collected = Collected()
    try:
        for items in found:
            collected.add(page(*items))
        collected.add(page(last=True))
    except RoundEndless:
        return
    flat = [item for items in found for item in items]
    assert {key: item.etag for key, item in collected.items.items()} == dict(flat)
