"""WCAG 2.2 AA as far as axe can tell, light and dark, on a telephone too."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, expect

from sandbox.stack import Stack
from tests.browser.conftest import AXE
from tests.browser.pages import SettingsPage
from tests.people import ADELE, Person

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SECTIONS = ("My calendars", "My week", "Team", "Health")


async def violations(found: SettingsPage) -> list[str]:
    await found.page.evaluate(AXE.read_text())
    result: Any = await found.page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    return [
        f"{one['id']}: {node['target']}" for one in result["violations"] for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
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
        assert await violations(found) == [], section
        wide = await found.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, section
    assert found.troubles == []
