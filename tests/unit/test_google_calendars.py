"""The calendars that an account sees, and accounts without any."""

from typing import Any

import pytest

from shared import errors
from shared.domain.model import CalendarInfo
from tests.fixtures.google.scripted import Script, fixture, items, refused, said

LIST = "GET /users/me/calendarList"
PRIMARY = {"id": "pat@example.com", "summary": "Pat", "accessRole": "owner", "primary": True}


async def listed(*entries: dict[str, Any]) -> list[CalendarInfo]:
    script = Script(items(*entries))
    return await script.provider.calendars(script.token)


async def test_documented_calendars() -> None:
    body = fixture("62")["examples"][0]["response"]["body"]
    own, holidays = await listed(*body["items"])
    assert own == CalendarInfo(
        "pat@example.com", "pat@example.com", "#9fe1e7", None, "pat@example.com", True, True, False
    )
    assert holidays == CalendarInfo(
        "en.usa#holiday@group.v.calendar.google.com", "Holidays in United States", None, None, None,
        False, False, True,
    )  # fmt: skip


async def test_all_pages_are_read_hidden_calendars_too() -> None:
    second = {"id": "b", "accessRole": "reader"}
    deleted = {"id": "c", "accessRole": "reader", "deleted": True}
    script = Script(
        items(PRIMARY, nextPageToken="2"), items(nextPageToken="3"), items(second, deleted)
    )
    found = await script.provider.calendars(script.token)
    assert [one.calendar_id for one in found] == ["pat@example.com", "b"]
    assert script.asked == [LIST] * 3
    assert script.query(0) == {"maxResults": "250", "showHidden": "true"}
    assert script.query(2) == {"maxResults": "250", "showHidden": "true", "pageToken": "3"}


@pytest.mark.parametrize(
    ("role", "can_write", "shared"),
    [
        ("owner", True, False),
        ("writer", True, True),
        ("writerWithoutPrivateAccess", True, True),
        ("reader", False, True),
        ("freeBusyReader", False, True),
        ("somethingNew", False, True),
        (None, False, True),
    ],
)
async def test_access(role: str | None, can_write: bool, shared: bool) -> None:
    [found] = await listed({"id": "a@example.com", "accessRole": role})
    assert (found.can_write, found.shared) == (can_write, shared)


@pytest.mark.parametrize(
    ("entry", "owner"),
    [
        ({"id": "ann@example.com"}, "ann@example.com"),
        ({"id": "c_1@group.calendar.google.com"}, None),
        ({"id": "x@import.calendar.google.com"}, None),
        (
            {"id": "c_1@group.calendar.google.com", "dataOwner": "ann@example.com"},
            "ann@example.com",
        ),
        ({"id": "odd"}, None),
    ],
)
async def test_owners_of_shared_calendars(entry: dict[str, Any], owner: str | None) -> None:
    _, found = await listed(PRIMARY, {"accessRole": "writer", **entry})
    assert found.owner_address == owner


async def test_r05_a_calendar_of_another_is_shared_whatever_may_be_done_with_it() -> None:
    """Who was given the right to manage it has the role of an owner."""
    theirs = {"id": "boss@example.com", "accessRole": "owner"}
    made = {"id": "c_1@group.calendar.google.com", "accessRole": "owner"}
    _, boss, rota, mine, also_mine = await listed(
        PRIMARY,
        theirs,
        {**made, "dataOwner": "boss@example.com"},
        {**made, "id": "c_2@group.calendar.google.com", "dataOwner": "Pat@example.com"},
        {**made, "id": "c_3@group.calendar.google.com"},
    )
    for one in (boss, rota):
        assert (one.shared, one.owner_address, one.can_write) == (True, "boss@example.com", True)
    for one in (mine, also_mine):
        assert (one.shared, one.owner_address) == (False, "pat@example.com")


async def test_names_are_those_that_the_user_gave() -> None:
    own = {"id": "c_1@group.calendar.google.com", "accessRole": "owner", "summary": "Team"}
    _, team, named, bare = await listed(
        PRIMARY, own, {**own, "id": "x", "summaryOverride": "Mine"}, {"id": "y"}
    )
    assert (team.name, named.name, bare.name) == ("Team", "Mine", "")
    assert (team.owner_address, team.shared) == ("pat@example.com", False)


async def test_one_odd_calendar_hides_no_other() -> None:
    assert [one.calendar_id for one in await listed({"id": 7}, PRIMARY)] == ["pat@example.com"]


async def test_a_list_without_end_is_given_up() -> None:
    script = Script(*(items(PRIMARY, nextPageToken=f"{n}") for n in range(100)))
    with pytest.raises(errors.ProviderUnavailable):
        await script.provider.calendars(script.token)


async def test_an_account_with_a_calendar() -> None:
    script = Script(said(PRIMARY))
    await script.provider.check_mailbox(script.token)
    assert script.asked == [f"{LIST}/primary"]


@pytest.mark.parametrize(
    "answer",
    [
        refused(403, "notACalendarUser", "calendar"),
        refused(404, "notFound"),
        refused(403, "domainPolicy"),
    ],
)
async def test_an_account_without_a_calendar(answer: Any) -> None:
    script = Script(answer)
    with pytest.raises(errors.MailboxMissing, match="Open Google Calendar"):
        await script.provider.check_mailbox(script.token)


async def test_what_says_nothing_about_the_account() -> None:
    for answer, expected in (
        (refused(403, "insufficientPermissions"), errors.ReconnectRequired),
        (refused(403, "accessNotConfigured", "usageLimits"), errors.OperatorFault),
        (refused(500, "backendError"), errors.ProviderUnavailable),
    ):
        script = Script(answer)
        with pytest.raises(expected):
            await script.provider.check_mailbox(script.token)
