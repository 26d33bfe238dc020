"""The pictures of the documents show what they should. With PICTURES=1 they are kept in
docs/pictures; the scene is the same whatever the date."""

import math
import os
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.stack import Stack
from tests.browser.lookalike import Lookalike
from tests.browser.pages import SettingsPage
from tests.browser.picture_scene import AGNES, LOCATION, MONDAY, NOW, Scenery, at
from tests.people import Person

if TYPE_CHECKING:  # imported, it would be made a second time
    from tests.conftest import Clock

KEPT = Path(__file__).parents[2] / "docs" / "pictures"
SMALLEST, LARGEST = 20 * 1024, 128 * 1024
WIDE, NARROW = 1100, 360
MARGIN = 12
NAMES = {"agnes": "Agnes Moore", "ben": "Ben Carter", "david": "David Okafor", "mia": "Mia Lang"}


@dataclass
class Studio:
    """Where the pictures are taken and kept."""

    stack: Stack
    context: BrowserContext
    people: dict[str, Person]
    folder: Path

    async def page(self, user: str, section: str) -> SettingsPage:
        """That section of the settings page, fully there."""
        found = await SettingsPage.opened(self.stack, self.context, self.people[user])
        if section != "My calendars":
            await found.section(section)
        await expect(found.page.get_by_role("main")).not_to_contain_text("Loading")
        return found

    async def take(
        self, page: Page, name: str, since: Locator | None = None, until: Locator | None = None
    ) -> None:
        """A picture of the page, or of its part from one element to another."""
        top = (await box_of(since))["top"] - MARGIN if since else 0
        bottom = math.ceil((await box_of(until or page.locator("body")))["bottom"] + MARGIN)
        width = page.viewport_size["width"]
        await page.set_viewport_size({"width": width, "height": bottom})
        await page.mouse.move(0, 0)
        clip = {"x": 0, "y": top, "width": width, "height": bottom - top}
        file = self.folder / f"{name}.png"
        await page.screenshot(path=file, animations="disabled", clip=clip)
        assert size_of(file) == (width, bottom - top)
        assert file.stat().st_size > SMALLEST
        if self.folder == KEPT:  # how large they are depends on the fonts that there are
            assert file.stat().st_size < LARGEST


async def box_of(found: Locator) -> dict[str, int]:
    """Where its upper and lower edge are on the page."""
    box: dict[str, int] = await found.evaluate(
        """element => {
            const {top, bottom} = element.getBoundingClientRect();
            return {top: Math.floor(top + scrollY), bottom: Math.ceil(bottom + scrollY)};
        }"""
    )
    return box


def size_of(file: Path) -> tuple[int, int]:
    """Width and height, as the head of a PNG says: https://www.w3.org/TR/png-3/#11IHDR"""
    width, height = struct.unpack(">II", file.read_bytes()[16:24])
    return width, height


@pytest.fixture
async def studio(
    stack: Stack,
    context: BrowserContext,
    clock: "Clock",
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[Studio]:
    folder = KEPT if os.environ.get("PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)
    async with AsyncExitStack() as opened:
        people = {
            user: await opened.enter_async_context(Person(stack, user, {LOCATION: role}, name))
            for user, role, name in (
                *((user, "agent", name) for user, name in NAMES.items()),
                ("clara", "admin", "Clara Weiss"),
                ("crm", "service", "The CRM"),
            )
        }
        await Scenery(stack, clock).set_up(people, monkeypatch)
        await context.clock.install(time=NOW)
        yield Studio(stack, context, people, folder)


async def test_the_pictures_show_what_they_should(studio: Studio) -> None:
    await my_calendars(studio)
    await configuration(studio)
    await my_week(studio)
    await team(studio)
    await health(studio)
    await lookalike(studio)


async def my_calendars(studio: Studio) -> None:
    mine = await studio.page("agnes", "My calendars")
    await expect(mine.account("Outlook")).to_contain_text(AGNES)
    await expect(mine.part("Primary calendar")).to_contain_text("Calendar")
    await studio.take(mine.page, "my-calendars")
    assert mine.troubles == []


async def configuration(studio: Studio) -> None:
    mine = await studio.page("agnes", "My calendars")
    await mine.button("Edit check for conflicts").click()
    part = mine.part("Check for conflicts")
    await expect(part.get_by_label("Family")).to_be_checked()
    await expect(part.get_by_role("group", name="Google")).to_be_visible()
    await part.get_by_label("Team rota").check()
    heading = mine.page.get_by_role("heading", name="Calendar configuration")
    await studio.take(mine.page, "configuration", since=heading, until=part)
    assert mine.troubles == []


async def my_week(studio: Studio) -> None:
    for name, width, scheme in (
        ("my-week", WIDE, "light"),
        ("my-week-dark", WIDE, "dark"),
        ("my-week-phone", NARROW, "light"),
    ):
        mine = await week(studio, width, scheme)
        await studio.take(mine.page, name, until=mine.page.locator(".card", has=week_of(mine)))
        assert mine.troubles == []


async def week(studio: Studio, width: int, scheme: Literal["light", "dark"]) -> SettingsPage:
    mine = await SettingsPage.opened(studio.stack, studio.context, studio.people["agnes"])
    await mine.page.set_viewport_size({"width": width, "height": 900})
    await mine.page.emulate_media(color_scheme=scheme)
    await mine.section("My week")
    await expect(shown(mine, "Viewing of flat 12")).to_be_visible()
    await expect(shown(mine, "Private")).to_be_visible()
    await expect(mine.page.locator("#week-state")).to_contain_text("up to date")
    return mine


def shown(mine: SettingsPage, title: str) -> Locator:
    return week_of(mine).get_by_text(title, exact=True)


def week_of(mine: SettingsPage) -> Locator:
    return mine.page.locator("#week")


async def team(studio: Studio) -> None:
    admins = await studio.page("clara", "Team")
    await expect(admins.page.get_by_role("rowheader")).to_have_text(list(NAMES.values()))
    await expect(admins.page.get_by_role("row", name="David Okafor")).to_contain_text(
        "Sign in again"
    )
    await studio.take(admins.page, "team")
    assert admins.troubles == []


async def health(studio: Studio) -> None:
    admins = await studio.page("clara", "Health")
    await expect(admins.page.get_by_role("main")).to_contain_text("calendars, 1 with a problem.")
    bars = admins.page.get_by_role("img").locator("rect")
    assert await bars.count() > 10
    heading = admins.page.get_by_role("heading", name="Health", exact=True)
    await studio.take(admins.page, "health", since=heading)
    assert admins.troubles == []


async def lookalike(studio: Studio) -> None:
    page = await Lookalike.opened(studio.stack, studio.context, f"outlook:{AGNES}", MONDAY)
    await expect(page.event("Viewing of flat 12", at(2, "11:00"))).to_be_visible()
    await page.page.set_viewport_size({"width": WIDE, "height": 720})
    await studio.take(page.page, "lookalike")
    assert page.troubles == []
