"""The settings page as its users see and use it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.stack import Stack
from tests.people import PATIENCE, Person


@dataclass
class SettingsPage:
    """`troubles` are errors that the browser told of: scripts that failed, policies broken."""

    stack: Stack
    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)

    @classmethod
    async def opened(
        cls, stack: Stack, context: BrowserContext, person: Person, section: str = ""
    ) -> Self:
        found = cls(stack, context, await context.new_page())
        found.page.on("pageerror", lambda error: found.troubles.append(str(error)))
        found.page.on("console", found._heard)
        query = f"?section={section}" if section else ""
        await found.page.goto(
            f"{stack.api}/settings{query}#token={person.token}&location={person.location}"
        )
        return found

    def _heard(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        if "Content Security Policy" in text:
            self.troubles.append(text)

    def account(self, name: str) -> Locator:
        return self.page.get_by_role("article", name=name)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def part(self, name: str) -> Locator:
        return self.page.get_by_role("form", name=name)

    @property
    def notice(self) -> Locator:
        return self.page.locator("#notices")

    async def section(self, name: str) -> None:
        await self.page.get_by_role("navigation").get_by_role("button", name=name).click()
        await expect(self.page.get_by_role("heading", name=name, level=2)).to_be_visible()

    async def sign_in(self, provider: str, address: str, answer: str = "accept") -> Page:
        """Signs in in the window that opens; returns that window, which closes by itself."""
        async with self.context.expect_page() as opening:
            await self.account(provider).get_by_role("button").first.click()
        window = await opening.value
        await window.locator("button.account", has_text=address).click()
        if answer == "known":  # who has consented before is not asked again
            return window
        if answer == "accept":
            # It closes by itself, maybe before a click has waited for where it leads to.
            await window.locator("button.primary").click(no_wait_after=True)
        else:
            await window.get_by_role("button", name="Cancel").click()
        return window

    async def connect(self, provider: str, address: str) -> None:
        heading = self.page.locator("#calendars-title")
        await heading.evaluate("element => element.setAttribute('data-before', '')")
        await self.sign_in(provider, address)
        await expect(self.account(provider)).to_contain_text(address)
        # The configuration is drawn anew once its calendars are listed; a click might be lost then.
        await expect(self.page.locator("#calendars-title[data-before]")).to_have_count(0)

    async def opened_dialog(self, name: str, act: Callable[[], Awaitable[None]]) -> Locator:
        """The dialog that it opens at once; what it is done to may be drawn anew beneath it."""
        dialog = self.page.get_by_role("dialog", name=name)
        async with asyncio.timeout(PATIENCE):
            while not await dialog.count():
                await act()
        return dialog

    async def choose_primary(self, label: str) -> None:
        await self.button("Edit primary calendar").click()
        await self.part("Primary calendar").get_by_label(label).check()
        await self.part("Primary calendar").get_by_role("button", name="Save").click()
        await expect(self.notice).to_contain_text("Kept.")
