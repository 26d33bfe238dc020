"""What the page shows while it loads, reads for the first time, or cannot reach what it needs."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from shared import services
from tests.browser.pages import SettingsPage
from tests.flows.outlook import OLGA, OUTLOOK, add, calendar_id, new_mailbox, span
from tests.people import ADELE, GINA, Person

SAID = "Somebody else changed this at the same moment. Try again."
UNREACHABLE = "The service cannot be reached right now."
SECTIONS = {"mine": "connections", "week": "configuration", "team": "users", "health": "lag"}
Answer = Callable[[Route], Awaitable[None]]


async def refuses(route: Route) -> None:
    body = {"status": 503, "code": "store_conflict", "detail": SAID}
    kind = "application/problem+json"
    await route.fulfill(status=503, content_type=kind, body=json.dumps(body))


async def cuts(route: Route) -> None:
    await route.abort("connectionfailed")


@pytest.fixture
def gate(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """No calendar of Outlook is read until it is set."""
    kind: Any = type(services.ports().providers[OUTLOOK])
    true, opened = kind.read, asyncio.Event()

    async def read(*given: Any) -> Any:
        await opened.wait()
        return await true(*given)

    monkeypatch.setattr(kind, "read", read)
    yield opened
    opened.set()


async def test_a_first_read_shows_how_far_it_is(
    mine: SettingsPage, stack: Stack, gate: asyncio.Event
) -> None:
    add(new_mailbox(stack), span(3))
    await mine.connect("Outlook", OLGA)
    await expect(mine.account("Outlook")).to_contain_text("no calendar of it is chosen yet")
    await mine.choose_primary(f"Calendar of {OLGA}")

    account = mine.account("Outlook")
    await expect(account.get_by_role("progressbar")).to_be_visible()
    await expect(account).to_contain_text("0 of 1 calendar read")
    await expect(account).to_contain_text("Reading your calendars")

    gate.set()
    await expect(account.get_by_role("progressbar")).to_have_count(0)
    await expect(account).to_contain_text(re.compile("read (just now|1 minute ago)"))


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(("answer", "text"), [(refuses, SAID), (cuts, UNREACHABLE)])
async def test_a_section_that_cannot_load_says_why_and_tries_again(
    stack: Stack, context: BrowserContext, admin: Person, section: str, answer: Answer, text: str
) -> None:
    address = f"**/{SECTIONS[section]}"
    await context.route(address, answer)
    found = await SettingsPage.opened(stack, context, admin, section)
    main = found.page.get_by_role("main")
    await expect(main.get_by_role("alert")).to_contain_text(text)

    await context.unroute(address)
    await found.button("Try again").click()
    await expect(main.get_by_role("heading", level=2).first).to_be_visible()
    await expect(main).not_to_contain_text(text)
    assert found.troubles == []


@pytest.mark.parametrize(("answer", "text"), [(refuses, SAID), (cuts, UNREACHABLE)])
async def test_what_cannot_be_kept_stays_as_it_was_entered(
    mine: SettingsPage, agent: Person, answer: Answer, text: str
) -> None:
    async def puts(route: Route) -> None:
        await (answer(route) if route.request.method == "PUT" else route.continue_())

    await mine.page.route("**/configuration", puts)
    await mine.button("Edit what blocks time").click()
    box = mine.page.get_by_label("All-day events do not block time")
    await box.check()
    save = mine.button("Save")
    await save.click()
    await expect(mine.notice).to_contain_text(text)
    await expect(box).to_be_checked()

    await mine.page.unroute("**/configuration")
    await save.click()
    await expect(mine.notice).to_contain_text("Kept.")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["ignoreAllDay"] is True


async def test_while_the_service_is_away_the_page_says_so_once_and_takes_it_back(
    mine: SettingsPage,
) -> None:
    await expect(mine.button("Connect Outlook")).to_be_visible()
    await count_notices(mine.page)
    asked = 0

    async def away(route: Route) -> None:
        nonlocal asked
        asked += 1
        await route.abort("connectionfailed")

    await mine.page.route("**/connections", away)
    await expect(mine.notice).to_contain_text(UNREACHABLE)
    while asked < 2:
        await mine.page.wait_for_event("requestfailed")
    assert await mine.page.evaluate("window.notices") == 1

    await mine.page.unroute("**/connections")
    await expect(mine.notice).to_be_empty()
    await expect(mine.button("Connect Outlook")).to_be_visible()


async def count_notices(page: Page) -> None:
    """Counts in `window.notices` what a screen reader is told to say."""
    await page.evaluate(
        """() => {
          window.notices = 0;
          const seen = (records) => {
            for (const one of records) window.notices += one.addedNodes.length;
          };
          new MutationObserver(seen).observe(document.getElementById("notices"), {childList: true});
        }"""
    )


async def test_what_was_said_in_one_section_is_not_left_in_the_next(
    mine: SettingsPage, agent: Person
) -> None:
    await mine.button("Edit what blocks time").click()
    await mine.button("Save").click()
    await expect(mine.notice).to_contain_text("Kept.")
    await mine.section("My week")
    await expect(mine.notice).to_be_empty()


async def test_an_account_that_does_not_answer_is_named_and_hides_no_other(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    await agent.connect(ADELE)
    await agent.connect(GINA, provider="google")
    fault = {"service": "google", "path": "calendarList", "status": 503, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(fault))
    mine = await SettingsPage.opened(stack, context, agent)
    main = mine.page.get_by_role("main")
    await expect(main).to_contain_text("Google: The calendar provider is not available right now.")
    await mine.button("Edit check for conflicts").click()
    part = mine.part("Check for conflicts")
    await part.get_by_label("Project Falcon").check()
    await expect(part.get_by_role("group", name="Google")).to_have_count(0)

    stack.sandbox.world.faults.clear()
    await mine.button("List the calendars again").click()
    await expect(part.get_by_role("group", name=f"Google · {GINA}")).to_be_visible()
    await expect(part.get_by_role("group", name=f"Outlook · {ADELE}")).to_be_visible()
    await expect(part.get_by_label("Project Falcon")).to_be_checked()
    await expect(main).not_to_contain_text("is not available right now")


async def test_a_chosen_calendar_that_is_gone_is_said_and_can_be_let_go(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Side project")
    await agent.connect(OLGA)
    await agent.choose("Calendar", "Side project")
    mailbox.delete_calendar(calendar_id(mailbox, "Side project"))
    mine = await SettingsPage.opened(stack, context, agent)
    part = mine.part("Check for conflicts")
    await expect(part).to_contain_text("A calendar of Outlook that is not listed now")

    await mine.button("Edit check for conflicts").click()
    await part.get_by_label("not listed now").last.uncheck()
    await mine.button("Save").click()
    await expect(part).to_contain_text("None.")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["conflicts"] == []


async def test_editing_a_primary_calendar_that_is_gone_does_not_drop_it_unasked(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar("Clients")
    await agent.connect(OLGA)
    await agent.choose("Clients")
    mailbox.delete_calendar(calendar_id(mailbox, "Clients"))
    mine = await SettingsPage.opened(stack, context, agent)
    await mine.button("Edit primary calendar").click()
    part = mine.part("Primary calendar")
    await expect(part.get_by_label("A calendar of Outlook")).to_be_checked()

    await mine.button("Save").click()
    await expect(mine.notice).to_contain_text("The Outlook account has no such calendar (any more)")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["primary"] is not None
