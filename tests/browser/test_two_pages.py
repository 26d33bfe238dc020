"""Two pages side by side: somebody edits a calendar by hand, and My week follows (R14)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from playwright.async_api import BrowserContext, Locator, expect

from sandbox.stack import Stack
from tests.browser.lookalike import ADDRESSES, Lookalike, place_of
from tests.browser.pages import SettingsPage
from tests.flows.outlook import BERLIN, Span, until
from tests.flows.two_providers import Place
from tests.people import Person

SECONDS = 30_000  # the page looks every three


@dataclass
class Scene:
    """My week, and beside it the same calendar in the page that edits it by hand."""

    mine: SettingsPage
    calendar: Lookalike
    place: Place
    monday: date

    def at(self, hour: int, day: int = 2) -> Span:
        """An hour of the week that is shown, by the clocks of Berlin; in UTC.

        On the Wednesday, unless said otherwise: clocks are changed on Sundays.
        """
        local = datetime.combine(self.monday + timedelta(days=day), time(hour), BERLIN)
        start = local.astimezone(UTC)
        return start, start + timedelta(hours=1)

    def shown(self, title: str, when: Span | None = None) -> Locator:
        """What My week shows of that title, and at that time."""
        found = self.mine.page.locator("#week").get_by_role("button").filter(has_text=title)
        return found.filter(has_text=clocks(when)) if when else found


def clocks(when: Span) -> str:
    """A time as My week writes it."""
    return "–".join(f"{moment.astimezone(BERLIN):%H:%M}" for moment in when)


async def side_by_side(
    stack: Stack, context: BrowserContext, agent: Person, provider: str
) -> Scene:
    place = place_of(stack, provider)
    address = ADDRESSES[provider]
    answer = await agent.connect(address, provider=provider)
    assert f"connected={provider}" in answer.headers["location"]
    await agent.choose(place.name)
    mine = await SettingsPage.opened(stack, context, agent, "week")
    await expect(mine.page.locator("#week-state")).to_contain_text("up to date")
    monday = await first_day(mine)
    calendar = await Lookalike.opened(stack, context, f"{provider}:{address}", monday)
    await mine.page.evaluate("window.still = true")
    return Scene(mine, calendar, place, monday)


@pytest.fixture(params=["outlook", "google"])
async def scene(
    request: pytest.FixtureRequest, stack: Stack, context: BrowserContext, agent: Person
) -> Scene:
    return await side_by_side(stack, context, agent, request.param)


async def first_day(mine: SettingsPage) -> date:
    """The Monday of the week that My week shows; which one that is, the browser decides."""
    days = mine.page.locator("#week [data-date]")
    await expect(days.first).to_be_visible()
    found = {await one.get_attribute("data-date") for one in await days.all()}
    monday = date.fromisoformat(min(found))
    assert (monday.weekday(), len(found)) == (0, 7)
    return monday


async def is_well(scene: Scene) -> None:
    """Neither page was loaded anew, and no browser told of an error."""
    assert await scene.mine.page.evaluate("window.still") is True
    assert (scene.mine.troubles, scene.calendar.troubles) == ([], [])


async def test_an_event_that_somebody_drags_moves_in_my_week(scene: Scene) -> None:
    before, after = scene.at(9), scene.at(11)
    scene.place.add(before, "Dentist")
    await expect(scene.shown("Dentist", before)).to_be_visible(timeout=SECONDS)

    await scene.calendar.drag(scene.calendar.event("Dentist", before), minutes=120)

    await expect(scene.shown("Dentist", after)).to_be_visible(timeout=SECONDS)
    await expect(scene.shown("Dentist")).to_have_count(1)
    assert scene.place.written() == [("Dentist", *after)]
    await is_well(scene)


async def test_r14_an_appointment_of_my_week_is_moved_and_deleted_by_hand(
    scene: Scene, stack: Stack
) -> None:
    page, calendar = scene.mine.page, scene.calendar
    before, after = scene.at(9), scene.at(11)
    await page.get_by_label("Title").fill("Viewing")
    await page.get_by_label("Begins").fill(f"{before[0].astimezone(BERLIN):%Y-%m-%dT%H:%M}")
    await scene.mine.button("Make an appointment").click()
    await expect(calendar.event("Viewing", before)).to_be_visible(timeout=SECONDS)
    await expect(scene.shown("Viewing", before)).to_be_visible(timeout=SECONDS)

    await calendar.drag(calendar.event("Viewing", before), minutes=120)
    await expect(scene.shown("Viewing", after)).to_be_visible(timeout=SECONDS)
    await expect(calendar.event("Viewing", after)).to_be_visible()

    await calendar.event("Viewing", after).click()
    await calendar.button("Delete").click()
    await expect(scene.shown("Viewing")).to_have_count(0, timeout=SECONDS)
    await told(stack, "appointment.cancelled")
    assert scene.place.written() == []
    await is_well(scene)


async def told(stack: Stack, kind: str) -> None:
    """Waits until the CRM has been told of a change of that kind."""
    crm = stack.sandbox.world.crm

    async def was() -> bool:
        return len(crm.changes_of(kind)) == 1

    await until(stack, was)


def change_of_the_clocks(after: date) -> date:
    """The next Sunday on which Berlin changes its clocks."""
    days = (after + timedelta(days=n) for n in range(1, 366))
    return next(one for one in days if offset(one) != offset(one + timedelta(days=1)))


def offset(day: date) -> timedelta | None:
    return datetime.combine(day, time(), BERLIN).utcoffset()


async def test_over_a_change_of_the_clocks_an_event_keeps_its_hour(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    sunday = change_of_the_clocks(datetime.now(BERLIN).date())
    await context.clock.install(time=datetime.combine(sunday, time(4), BERLIN))
    scene = await side_by_side(stack, context, agent, "outlook")
    assert scene.monday == sunday - timedelta(days=6)
    before, after = scene.at(9, day=5), scene.at(9, day=6)
    assert after[0] - before[0] != timedelta(days=1)
    scene.place.add(before, "Dentist")
    await expect(column(scene, sunday - timedelta(days=1), before)).to_be_visible(timeout=SECONDS)

    await scene.calendar.drag(scene.calendar.event("Dentist", before), days=1)

    await expect(column(scene, sunday, after)).to_be_visible(timeout=SECONDS)
    assert scene.place.written() == [("Dentist", *after)]
    await is_well(scene)


def column(scene: Scene, day: date, when: Span) -> Locator:
    """The event at that time, in My week's column of that day."""
    cell = scene.mine.page.locator(f'#week [role="gridcell"][data-date="{day}"]')
    return cell.get_by_role("button").filter(has_text=clocks(when))
