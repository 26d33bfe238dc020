"""My week: what blocks time and why, and appointments made, moved and cancelled there."""

import re
from datetime import UTC, datetime, time, timedelta

from playwright.async_api import Locator, expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.flows.crm import written
from tests.flows.outlook import BERLIN, OLGA, Span, add, new_mailbox, until
from tests.people import Person

HOUR = timedelta(hours=1)
SECONDS = 30_000  # the page looks every three


def at(hour: int) -> Span:
    """An hour, in UTC, of the Wednesday of the week that it is in Berlin."""
    today = datetime.now(BERLIN).date()
    wednesday = today - timedelta(days=today.weekday() - 2)
    start = datetime.combine(wednesday, time(hour), UTC)
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
    await expect(shown(mine, "Dentist")).to_be_visible(timeout=SECONDS)
    await mine.page.get_by_text("Why time is blocked, as a list").click()
    await expect(mine.page.locator("#blocked li")).to_contain_text("Calendar (busy, read ")


async def test_on_hover_an_event_says_which_calendar_blocks_the_time_and_when_it_was_read(
    mine: SettingsPage, agent: Person, stack: Stack
) -> None:
    add(new_mailbox(stack), at(10), "Dentist")
    await opened(mine, agent)
    blocked = re.compile(r"^Blocked Wed.* by \u2068Calendar\u2069 \(busy, read .*\d\d:\d\d\)$")
    for kind in (".theirs", ".blocked"):
        await expect(mine.page.locator(f"#week {kind}")).to_have_attribute("title", blocked)
    edge = mine.page.locator("#week .blocked")
    box = await edge.bounding_box()
    assert box is not None
    await edge.hover(position={"x": box["width"] - 2, "y": box["height"] / 2})
    await mine.page.locator("#week .theirs").click()
    dialog = mine.page.get_by_role("dialog", name="Dentist")
    await expect(dialog).to_contain_text(re.compile(r"Blocked Wed.* by .Calendar. \(busy, read"))


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
    await mine.opened_dialog("Viewing", event.click)
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
