"""Every provider lists its calendars alike."""

from tests.flows.mailboxes import Owner
from tests.flows.provider_contract.asked_calendar import Calendar


async def test_all_calendars_are_listed(calendar: Calendar, owner: Owner, friend: Owner) -> None:
    team = owner.add_calendar("Team")
    fixed = owner.add_calendar("Fixed")
    owner.make_read_only(fixed)

    found = await calendar.listed()

    assert found.keys() == {owner.default, team, fixed}
    assert [key for key, one in found.items() if one.is_default] == [owner.default]
    assert found[owner.default].can_write
    assert (found[team].name, found[team].can_write, found[team].shared) == ("Team", True, False)
    assert not found[fixed].can_write
    assert (found[team].owner_address or "").casefold() == owner.address


async def test_calendars_of_others_are_listed_with_their_owner(
    calendar: Calendar, owner: Owner, friend: Owner
) -> None:
    rota = friend.share(friend.add_calendar("Rota"), owner, write=True)
    trips = friend.share(friend.add_calendar("Trips"), owner, write=False)

    found = await calendar.listed()

    assert found.keys() == {owner.default, rota, trips}
    assert [found[key].shared for key in (owner.default, rota, trips)] == [False, True, True]
    assert [found[key].can_write for key in (rota, trips)] == [True, False]
    assert not found[rota].is_default
    assert (found[rota].name, found[rota].owner_address) == ("Rota", friend.address)


async def test_r05_a_calendar_of_another_is_shared_also_where_everything_may_be_done_with_it(
    calendar: Calendar, owner: Owner, friend: Owner
) -> None:
    theirs = friend.share(friend.default, owner, write=True, manage=True)
    rota = friend.share(friend.add_calendar("Rota"), owner, write=True, manage=True)

    found = await calendar.listed()

    for one in (found[theirs], found[rota]):
        assert (one.shared, one.can_write, one.is_default) == (True, True, False)
        assert one.owner_address == friend.address
    assert not found[owner.default].shared


async def test_a_mailbox_that_is_there(calendar: Calendar) -> None:
    await calendar.provider.check_mailbox(calendar.token)
