"""Health: what an admin is shown of renewals, problems, missed changes and lag."""

import re

from playwright.async_api import Locator, expect

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.flows.outlook import OLGA, add, connected, key_of, look, new_mailbox, span
from tests.flows.trouble import placed
from tests.people import Person

A_TIME = r"\d{1,2} \w{3} 2\d{3}, \d{2}:\d{2}"


def cell(admins: SettingsPage, title: str) -> Locator:
    """What the only calendar's row says under that title."""
    return admins.page.locator(f"td[data-title='{title}']")


def plot(admins: SettingsPage) -> Locator:
    return admins.page.get_by_role("region", name="How long changes took")


async def shown(admins: SettingsPage) -> None:
    await admins.section("Health")
    await expect(admins.page.get_by_role("main")).to_contain_text("1 calendar, ")


async def test_the_next_renewal_of_the_channel_is_shown(
    admins: SettingsPage, agent: Person, stack: Stack
) -> None:
    new_mailbox(stack)
    await connected(agent)
    await shown(admins)
    await expect(cell(admins, "State")).to_have_text("Well")
    renewal = re.compile(f"told at once ?renewed from {A_TIME} on, ends {A_TIME}")
    await expect(cell(admins, "Changes are")).to_have_text(renewal)
    await expect(cell(admins, "Read")).to_have_text("just now")
    await expect(cell(admins, "Missed changes")).to_have_text(re.compile("none ?compared in full"))


async def test_a_problem_is_shown_while_it_lasts_and_as_the_last_one_after(
    admins: SettingsPage, agent: Person, stack: Stack
) -> None:
    new_mailbox(stack)
    await connected(agent)
    faults = stack.sandbox.world.faults
    rule = {"preset": "access-denied", "path": "calendarView", "mailbox": OLGA, "count": None}
    faults.add(rule_from_json(rule))
    await look(stack, key_of(stack, OLGA))
    await shown(admins)
    await expect(admins.page.get_by_role("main")).to_contain_text("1 with a problem.")
    sentence = "A chosen calendar may not be read any more."
    await expect(cell(admins, "State")).to_contain_text(f"Problem{sentence}")

    faults.clear()
    await look(stack, key_of(stack, OLGA))
    await admins.button("Look again").click()
    await expect(cell(admins, "State")).to_have_text(
        re.compile(f"Well ?Last problem, from {A_TIME} on: {sentence}")
    )


async def test_changes_that_were_missed_are_counted(admins: SettingsPage, agent: Person) -> None:
    place = await placed(agent, "outlook")
    place.silence()
    place.owner.add("Talk", span(3))
    place.owner.add("Lunch", span(4))
    await place.look()
    await shown(admins)
    await expect(cell(admins, "Missed changes")).to_contain_text("2 found and put right")


async def test_the_lag_of_a_change_is_drawn_and_told_in_numbers(
    admins: SettingsPage, agent: Person, stack: Stack
) -> None:
    mailbox = new_mailbox(stack)
    await connected(agent)
    add(mailbox, span(4))
    await agent.settled()
    await shown(admins)
    drawn = plot(admins)
    bar = drawn.locator("[role=img] rect").first
    await expect(bar).to_be_visible()
    box = await bar.bounding_box()
    assert box is not None
    assert box["height"] > 20
    assert box["width"] > 2
    await expect(drawn.locator("[role=img] rect title").first).to_have_text(
        re.compile(r"\d\d:00: \d+ (within \d+ (s|min)|longer)")
    )
    await expect(drawn).to_contain_text("half of them within")

    await drawn.get_by_text("The same as a table").click()
    table = drawn.get_by_role("table")
    counts = [int(text) for text in await table.get_by_role("cell").all_inner_texts()]
    readings = int((await drawn.get_by_text(re.compile("^[0-9]+ reading")).inner_text()).split()[0])
    assert sum(counts) == readings > 0
    assert admins.troubles == []


async def test_without_a_change_there_is_no_plot(
    admins: SettingsPage, agent: Person, stack: Stack
) -> None:
    new_mailbox(stack)
    await connected(agent)
    await shown(admins)
    await expect(plot(admins)).to_contain_text("Nothing has changed in the last day.")
    await expect(plot(admins).get_by_role("img")).to_have_count(0)
    await expect(plot(admins).locator("details")).to_have_count(0)


async def test_without_a_calendar_it_says_so(admins: SettingsPage) -> None:
    await admins.section("Health")
    await expect(admins.page.get_by_role("main")).to_contain_text("No calendar is chosen yet.")
    await expect(admins.page.get_by_role("table")).to_have_count(0)
