"""The page to edit the simulated mailboxes by hand, as people use it. One pixel is one minute."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.stack import Stack
from tests.flows.outlook import BERLIN, OLGA, Span, new_mailbox
from tests.flows.two_providers import (
    PAULA,
    GooglePlace,
    OutlookPlace,
    Place,
    gentle,
    new_account,
)

ADDRESSES = {"outlook": OLGA, "google": PAULA}
GRIP = 12  # from the upper edge of an event: well away from its lower one


@dataclass
class Lookalike:
    """`mailbox` is as the address has it. `troubles` are errors that the browser told of."""

    page: Page
    stack: Stack
    mailbox: str
    troubles: list[str] = field(default_factory=list)

    @classmethod
    async def opened(cls, stack: Stack, context: BrowserContext, mailbox: str, day: date) -> Self:
        """The page at the week of that day, of `outlook:address` or `google:address`."""
        found = cls(await context.new_page(), stack, mailbox)
        found.page.on("pageerror", lambda error: found.troubles.append(str(error)))
        found.page.on("console", found._heard)
        await found.goto(day)
        return found

    async def goto(self, day: date) -> None:
        url = f"{self.stack.sandbox.http_url}/calendar#mailbox={self.mailbox}&day={day}"
        await self.page.goto(url)
        await expect(self.button("New event")).to_be_enabled()

    def _heard(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        if "Content Security Policy" in text:
            self.troubles.append(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        return self.dialog.get_by_label(label, exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def event(self, subject: str, when: Span) -> Locator:
        """The event of that subject at that time; in Berlin, as the page has it."""
        return self.button(named(subject, when))

    def any_event(self, subject: str) -> Locator:
        return self.page.locator("#week button.event").filter(has_text=subject)

    async def fill(self, subject: str, when: Span) -> None:
        """Fills the dialog of an event."""
        await self.field("Subject").fill(subject)
        for label, moment in zip(("Start", "End"), when, strict=True):
            await self.field(label).fill(f"{moment.astimezone(BERLIN):%Y-%m-%dT%H:%M}")

    async def make(self, subject: str, when: Span, **more: str) -> None:
        """Makes an event by the dialog; `more` are fields of it that are typed or chosen in."""
        await self.button("New event").click()
        await self.fill(subject, when)
        for label, value in more.items():
            await put(self.field(label.replace("_", " ").capitalize()), value)
        await self.save()

    async def save(self) -> None:
        await self.button("Save").click()
        await expect(self.dialog).to_have_count(0)

    async def drag(self, event: Locator, minutes: int = 0, days: int = 0) -> None:
        """Takes the event near its upper edge and lets go of it elsewhere."""
        box = await self._box(event)
        x, y = box["x"] + box["width"] / 2, box["y"] + min(GRIP, box["height"] / 2)
        across = (await self._box(self.page.locator("#columns")))["width"] / 7
        await self.pull((x, y), (x + days * across, y + minutes))

    async def stretch(self, event: Locator, minutes: int) -> None:
        """Drags the lower edge of the event."""
        box = await self._box(event)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 3
        await self.pull((x, y), (x, y + minutes))

    async def pull(
        self, start: tuple[float, float], end: tuple[float, float], drop: bool = True
    ) -> None:
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move(*end, steps=6)
        if drop:
            await self.page.mouse.up()

    async def spot(self, moment: datetime) -> tuple[float, float]:
        """Where in the week a time stands."""
        local = moment.astimezone(BERLIN)
        box = await self._box(self.page.locator(f'.column[data-day="{local:%Y-%m-%d}"]'))
        minute = local.hour * 60 + local.minute
        return box["x"] + box["width"] / 2, box["y"] + minute

    async def _box(self, found: Locator) -> dict[str, float]:
        await expect(found).to_be_visible()
        box = await found.bounding_box()
        assert box is not None
        return dict(box)


async def put(found: Locator, value: str) -> None:
    """Chooses in a list, or fills in."""
    if await found.evaluate("element => element.tagName") == "SELECT":
        await found.select_option(label=value)
    else:
        await found.fill(value)


def named(subject: str, when: Span) -> str:
    """What the page calls an event for people who cannot see where it stands."""
    start, end = (moment.astimezone(BERLIN) for moment in when)
    return f"{subject}, {start:%a} {start.day} {start:%b}, {start:%H:%M} to {end:%H:%M}"


def place_of(stack: Stack, provider: str) -> Place:
    """The empty calendar of somebody new in Berlin."""
    gentle(stack)
    if provider == "outlook":
        return OutlookPlace(stack, new_mailbox(stack))
    return GooglePlace(stack, new_account(stack), PAULA)
