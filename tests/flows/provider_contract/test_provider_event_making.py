"""An appointment's event is made once, at every provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import EventGone, ProviderSilent
from tests.flows.mailboxes import Owner, Seen
from tests.flows.provider_contract.asked_calendar import END, LATER, START, WALK, Calendar, said


async def test_an_event_says_all_that_was_sent(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()

    assert made.made
    assert said(made) == ("Talk", START, END)
    assert (made.all_day, made.cancelled, made.meeting_link) == (False, False, None)
    assert made.entity_tag
    assert (made.web_link or "").startswith("https://")
    seen = owner.seen(made.id)
    assert "Bring it" in seen.text
    assert replace(seen, text="") == Seen(
        "Talk", START, END, text="", place="Room 1", reminded=False, busy=True
    )


async def test_an_event_is_found_by_its_transaction_and_by_its_id(calendar: Calendar) -> None:
    made = replace(await calendar.create(), made=False)
    await calendar.create(WALK, "t-2")

    assert await calendar.find() == made
    assert await calendar.event(made.id) == made
    assert await calendar.lists(made.id)
    assert await calendar.find("t-3") is None
    assert calendar.titles == ["Talk", "Walk"]


async def test_the_same_transaction_makes_one_event(calendar: Calendar) -> None:
    """A provider that answers a repeat as it did the first time may say that this one made it, if
    the event still says what was sent."""
    made = await calendar.create()
    again = await calendar.create()
    assert again == replace(made, made=again.made)
    assert calendar.titles == ["Talk"]


async def test_other_content_under_the_same_transaction_makes_no_second(
    calendar: Calendar,
) -> None:
    made = await calendar.create()
    assert await calendar.create(WALK) == replace(made, made=False)
    assert calendar.titles == ["Talk"]


async def test_what_the_owner_did_before_a_repeat_is_seen(
    calendar: Calendar, owner: Owner, pass_time: Callable[[timedelta], None]
) -> None:
    made = await calendar.create()
    pass_time(timedelta(minutes=1))
    owner.move(made.id, LATER)

    again = await calendar.create()

    assert (again.id, again.made, said(again)) == (made.id, False, ("Talk", *LATER))
    assert calendar.titles == ["Talk"]


async def test_no_second_event_is_made_for_one_that_is_gone(
    calendar: Calendar, owner: Owner
) -> None:
    """EventGone, or the event that was thrown away, where the provider goes on answering for it."""
    owner.keep_deleted()
    made = await calendar.create()
    owner.delete(made.id)
    assert await calendar.find() is None

    try:
        again = await calendar.create()
    except EventGone:
        pass
    else:
        assert not again.made
    assert calendar.titles == []


async def test_an_event_whose_answer_was_lost_is_found(calendar: Calendar, owner: Owner) -> None:
    lost = owner.fails("lost")
    with pytest.raises(ProviderSilent):
        await calendar.create()
    assert lost.fired == 1

    found = await calendar.find()
    again = await calendar.create()

    assert found is not None
    assert said(found) == ("Talk", START, END)
    assert again == replace(found, made=again.made)
    assert calendar.titles == ["Talk"]
