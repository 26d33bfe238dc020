"""An appointment's event is changed in place, at every provider."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.appointments import Attendee, Content
from shared.errors import EventChanged, EventGone, ProviderSilent
from tests.flows.mailboxes import Owner
from tests.flows.provider_contract.asked_calendar import (
    CONTENT,
    END,
    LATER,
    START,
    WALK,
    Calendar,
    said,
)


async def test_only_the_given_fields_change(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()
    other = Content("Walk", *LATER, "Europe/Berlin", description="Other", place="Room 2")

    changed = await calendar.update(made.id, other, "title", tag=made.entity_tag)
    assert (changed.id, said(changed)) == (made.id, ("Walk", START, END))
    assert changed.entity_tag not in {None, made.entity_tag}
    seen = owner.seen(made.id)
    assert (seen.title, seen.place, seen.start) == ("Walk", "Room 1", START)
    assert "Bring it" in seen.text

    await calendar.update(made.id, other, "start", "end", tag=changed.entity_tag)
    seen = owner.seen(made.id)
    assert (seen.start, seen.end, seen.place, seen.reminded) == (*LATER, "Room 1", False)

    await calendar.update(made.id, replace(other, place=""), "place", "description")
    seen = owner.seen(made.id)
    assert (seen.title, seen.place) == ("Walk", "")
    assert "Other" in seen.text
    assert "Bring it" not in seen.text


async def test_a_version_that_is_not_the_newest(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()
    owner.rename(made.id, "Theirs")

    with pytest.raises(EventChanged):
        await calendar.update(made.id, WALK, "title", tag=made.entity_tag)

    assert calendar.titles == ["Theirs"]
    seen = await calendar.event(made.id)
    assert seen is not None
    assert said(seen)[0] == "Theirs"
    await calendar.update(made.id, WALK, "title", tag=seen.entity_tag)
    assert calendar.titles == ["Walk"]


@pytest.mark.parametrize("by_owner", [True, False], ids=["by its owner", "by us"])
async def test_an_event_that_is_gone(calendar: Calendar, owner: Owner, by_owner: bool) -> None:
    made = await calendar.create()
    if by_owner:
        owner.delete(made.id)
    else:
        assert await calendar.delete(made.id) is True

    assert await calendar.event(made.id) is None
    assert await calendar.find() is None
    for tag in (None, made.entity_tag):
        with pytest.raises(EventGone):
            await calendar.update(made.id, WALK, "title", "start", "end", tag=tag)
    assert await calendar.delete(made.id) is False
    assert calendar.titles == []


async def test_an_event_that_is_deleted_is_listed_nowhere(calendar: Calendar, owner: Owner) -> None:
    owner.keep_deleted()
    owner.add_calendar("Team")
    made = await calendar.create()
    assert await calendar.lists(made.id)

    owner.delete(made.id)

    assert not await calendar.lists(made.id)
    assert await calendar.find() is None
    await calendar.delete(made.id)


async def test_an_event_that_was_moved_to_another_calendar(
    calendar: Calendar, owner: Owner
) -> None:
    made = await calendar.create()
    team = owner.add_calendar("Team")
    owner.put_on(made.id, team)

    assert await calendar.lists(made.id)
    seen = await calendar.event(made.id)
    assert seen is not None
    assert (seen.id, said(seen)) == (made.id, said(made))

    await calendar.update(made.id, WALK, "title", tag=seen.entity_tag)
    assert (calendar.titles, owner.titles(team)) == ([], ["Walk"])
    await calendar.delete(made.id)
    assert owner.titles(team) == []
    assert not await calendar.lists(made.id)


async def test_f15_an_event_that_was_moved_before_its_answer_is_made_once(
    calendar: Calendar, owner: Owner
) -> None:
    """A provider that only finds it on its first calendar still makes no second one."""
    owner.fails("lost")
    with pytest.raises(ProviderSilent):
        await calendar.create()
    found = await calendar.find()
    assert found is not None
    team = owner.add_calendar("Team")
    owner.put_on(found.id, team)

    again = await calendar.create()
    sought = await calendar.find()

    assert (again.id, said(again)) == (found.id, said(found))
    assert sought is None or sought.id == found.id
    assert (calendar.titles, owner.titles(team)) == ([], ["Talk"])
    await calendar.update(again.id, WALK, "title")
    assert (calendar.titles, owner.titles(team)) == ([], ["Walk"])


async def test_a_description_is_shown_as_it_was_written(calendar: Calendar, owner: Owner) -> None:
    text = 'if a<b & b>c: <b>"bold"</b> &amp; O\'Neill'
    made = await calendar.create(replace(CONTENT, description=text))
    assert text in owner.seen(made.id).text

    other = f"<i>Other</i>: {text}"
    await calendar.update(made.id, replace(CONTENT, description=other), "description")
    assert other in owner.seen(made.id).text


async def test_guests_whom_the_owner_has_added_stay(calendar: Calendar, owner: Owner) -> None:
    ann, bob, cat = (Attendee(f"{name}@example.test") for name in ("ann", "bob", "cat"))
    before = replace(CONTENT, attendees=(ann, bob), invite=True)
    made = await calendar.create(before)
    owner.add_guest(made.id, "theirs@example.test")
    mails = owner.mails

    wanted = replace(before, attendees=(ann, cat))
    await calendar.update(made.id, wanted, "invited", before=before)

    assert owner.guests(made.id) == [
        "ann@example.test",
        "cat@example.test",
        "theirs@example.test",
    ]
    assert owner.mails > mails
    await calendar.update(made.id, CONTENT, "invited", before=wanted)
    assert owner.guests(made.id) == ["theirs@example.test"]


async def test_nobody_is_mailed_without_an_invitation(calendar: Calendar, owner: Owner) -> None:
    guests = (Attendee("ann@example.test", "Ann"), Attendee("bob@example.test"))
    silent = replace(CONTENT, attendees=guests)
    made = await calendar.create(silent)
    await calendar.update(made.id, replace(silent, title="Walk"), "title", "start", "end")
    await calendar.delete(made.id)
    assert owner.mails == 0

    made = await calendar.create(replace(silent, invite=True), "t-2")
    assert owner.mails == 1
    await calendar.delete(made.id)
    assert owner.mails == 2


async def test_what_the_owner_made_of_the_event_is_seen(calendar: Calendar, owner: Owner) -> None:
    made = await calendar.create()

    owner.make_all_day(made.id)
    seen = await calendar.event(made.id)
    assert seen is not None
    midnight = START.replace(hour=0)
    assert seen.all_day
    assert said(seen) == ("Talk", midnight, midnight + timedelta(days=1))

    changed = await calendar.update(made.id, CONTENT, "start", "end", tag=seen.entity_tag)
    assert (changed.all_day, said(changed)) == (False, ("Talk", START, END))

    owner.make_private(made.id)
    seen = await calendar.event(made.id)
    assert said(seen) == (None, START, END)


async def test_events_on_a_calendar_that_another_shares(owner: Owner, friend: Owner) -> None:
    mine = friend.add_calendar("Rota")
    rota = Calendar(owner, friend.share(mine, owner, write=True), shared=True)

    made = await rota.create()
    assert await rota.find() == await rota.event(made.id) == replace(made, made=False)
    assert await rota.create(WALK) == replace(made, made=False)
    assert await rota.lists(made.id)
    await rota.update(made.id, WALK, "title", tag=made.entity_tag)
    with pytest.raises(EventChanged):
        await rota.update(made.id, CONTENT, "title", tag=made.entity_tag)
    assert friend.titles(mine) == ["Walk"]
    for _ in range(2):
        await rota.delete(made.id)
    assert friend.titles(mine) == []
    assert await rota.event(made.id) is None
    assert (friend.mails, owner.mails) == (0, 0)
