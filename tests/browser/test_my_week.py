"""My week: what blocks time and why, and appointments made, moved and cancelled there."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.flows.crm import written
from tests.flows.outlook import OLGA, Span, add, new_mailbox, until
from tests.people import Person

HOUR = timedelta(hours=1)


def at(hour: int) -> Span:
    """An hour of this week's Wednesday in Berlin, or of Thursday where that is today."""
    now = datetime.now(UTC)
    wednesday = now - timedelta(days=now.weekday()) + timedelta(days=2)
    start = wednesday.replace(hour=hour, minute=0, second=0, microsecond=0)
    return start, start + HOUR


async def opened(mine: SettingsPage, agent: Person) -> None:
    await agent.connect(OLGA)
    await agent.choose("Calendar")
    await mine.section("My week")
    await expect(mine.page.locator("#week-state")).to_contain_text("up to date")


def shown(mine: SettingsPage, title: str) -> Locator:
    return mine.page.locator("#week").get_by_text(title, exact=True)


async def test_a_change_in_outlook_is_seen_within_seconds_and_says_why(
    mine: SettingsPage, agent: Person, stack: Stack
) -> None:
    mailbox = new_mailbox(stack)
    await opened(mine, agent)
    add(mailbox, at(10), "Dentist")
    await expect(shown(mine, "Dentist")).to_be_visible()
    await mine.page.get_by_text("Why time is blocked, as a list").click()
    await expect(mine.page.locator("#blocked li")).to_contain_text("Calendar (busy, read ")


async def test_an_appointment_is_made_moved_and_cancelled(
    mine: SettingsPage, agent: Person, stack: Stack
) -> None:
    mailbox = new_mailbox(stack)
    await opened(mine, agent)
    page = mine.page
    await page.get_by_label("Title").fill("Viewing")
    await page.get_by_label("Begins").fill(f"{at(9)[0]:%Y-%m-%d}T10:00")
    await mine.button("Make an appointment").click()
    await expect(mine.notice).to_contain_text("Viewing: kept.")

    async def is_there() -> bool:
        return [one[0] for one in written(mailbox)] == ["Viewing"]

    await until(stack, is_there)
    [(_, before, _)] = written(mailbox)
    event = page.locator("#week .appointment", has_text="Viewing")
    await event.drag_to(
        event, source_position={"x": 20, "y": 10}, target_position={"x": 20, "y": 90}, force=True
    )
    await expect(mine.notice).to_contain_text("Viewing: kept.")

    async def is_moved() -> bool:
        return written(mailbox)[0][1] > before

    await until(stack, is_moved)
    await event.click()
    await page.get_by_role("button", name="Cancel the appointment").click()
    await expect(event).to_have_count(0)

    async def is_gone() -> bool:
        return written(mailbox) == []

    await until(stack, is_gone)
    assert mine.troubles == []


async def test_r15_a_private_event_shows_no_title(
    mine: SettingsPage, agent: Person, stack: Stack
) -> None:
    add(new_mailbox(stack), at(10), "Oncologist", sensitivity="private")
    await opened(mine, agent)
    await expect(shown(mine, "Private")).to_be_visible()
    assert "Oncologist" not in await mine.page.content()
