"""WCAG 2.2 AA as far as axe can tell, light and dark, on a telephone too."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, expect

from sandbox.stack import Stack
from tests.browser.conftest import AXE
from tests.browser.pages import SettingsPage
from tests.flows.outlook import add, connected, new_mailbox, revoke, span
from tests.people import ADELE, GINA, Person

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Any, ...] = ("light", "dark")
SECTIONS = ("My calendars", "My week", "Team", "Health")


async def violations(found: SettingsPage) -> list[str]:
    await found.page.evaluate(AXE.read_text())
    result: Any = await found.page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [
        f"{one['id']}: {node['target']}" for one in result["violations"] for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [360, 1100])
async def test_axe_finds_nothing(
    stack: Stack, context: BrowserContext, admin: Person, scheme: Any, width: int
) -> None:
    await admin.connect(ADELE)
    await admin.choose("Calendar")
    found = await SettingsPage.opened(stack, context, admin)
    await found.page.set_viewport_size({"width": width, "height": 800})
    await found.page.emulate_media(color_scheme=scheme)
    for section in SECTIONS:
        if section != SECTIONS[0]:
            await found.section(section)
        await expect(found.page.get_by_role("main")).not_to_contain_text("Loading")
        if section == "My week":
            await expect(found.page.locator("#week-state")).to_contain_text("up to date")
        await is_well(found, section)
    assert found.troubles == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [360, 1100])
async def test_axe_finds_nothing_in_what_opens(
    stack: Stack, context: BrowserContext, admin: Person, scheme: Any, width: int
) -> None:
    await admin.connect(ADELE)
    await admin.connect(GINA, provider="google")
    await admin.choose("Calendar", "Travel")
    found = await SettingsPage.opened(stack, context, admin)
    page = found.page
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)
    for part in ("primary calendar", "check for conflicts", "what blocks time"):
        await found.button(f"Edit {part}").click()
        await expect(found.button("Save")).to_be_visible()
        await is_well(found, part)
    await found.button("Save").click()
    await expect(found.notice).to_contain_text("Kept.")
    await is_well(found, "notice")
    await found.button("Disconnect Outlook").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await is_well(found, "dialog")
    await page.keyboard.press("Escape")
    await found.section("Team")
    await found.button("Configure Adam Min").click()
    await expect(found.button("Edit primary calendar")).to_be_visible()
    await is_well(found, "an agent's calendars")


async def test_axe_finds_nothing_in_troubles_and_in_the_plot(
    stack: Stack, context: BrowserContext, agent: Person, admin: Person
) -> None:
    mailbox = new_mailbox(stack)
    await connected(agent)
    add(mailbox, span(4))
    await agent.settled()
    revoke(stack)
    await agent.call("GET", agent.path("calendars"))
    found = await SettingsPage.opened(stack, context, admin, "health")
    await found.page.get_by_text("The same as a table").click()
    for width in (360, 1100):
        await found.page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            await found.page.emulate_media(color_scheme=scheme)
            await is_well(found, f"{scheme} {width}")
    await expect(found.page.get_by_role("main")).to_contain_text("1 with a problem.")


async def is_well(found: SettingsPage, what: str) -> None:
    """Nothing against the rules, and nothing wider than the window."""
    assert await violations(found) == [], what
    wide = await found.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, what
