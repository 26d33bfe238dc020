"""Everything that a pointer reaches is reached by keyboard, and the focus is never lost."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.browser.test_my_week import at
from tests.flows.crm import body as appointment
from tests.flows.crm import put, reaches, written
from tests.flows.outlook import OLGA, add, new_mailbox, until
from tests.people import ADELE, Person

# What can be used with a pointer and is seen, each marked with a number; of radios the chosen one.
USABLE = """() => {
  const all = "button, a[href], input, select, summary, [role=button], [tabindex='0']";
  const seen = [...document.querySelectorAll(all)].filter((one) =>
    one.checkVisibility({visibilityProperty: true}) && !one.disabled &&
    !(one.type === "radio" && !one.checked) && !one.closest("[inert]"));
  seen.forEach((one, n) => (one.dataset.usable = n));
  const said = (one) => one.textContent || one.ariaLabel || one.name;
  return seen.map((one) => `${one.tagName} ${one.id} ${said(one)}`);
}"""
FOCUSED = "() => Number(document.activeElement.dataset.usable ?? -1)"


async def reached(page: Page, most: int) -> set[int]:
    """What the Tab key comes to, from the top of the page."""
    await page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    found = set()
    for _ in range(most):
        await page.keyboard.press("Tab")
        found.add(await page.evaluate(FOCUSED))
    return found


@pytest.mark.parametrize("section", ["My calendars", "My week", "Team", "Health"])
async def test_tab_reaches_all_that_can_be_used(
    stack: Stack, context: BrowserContext, admin: Person, section: str
) -> None:
    add(stack.sandbox.world.mailbox(ADELE), at(10), "Only here")
    await admin.connect(ADELE)
    await admin.choose("Calendar")
    # Opened after that, it draws nothing anew while the key goes through it.
    admins = await SettingsPage.opened(stack, context, admin)
    page, main = admins.page, admins.page.get_by_role("main")
    if section == "My calendars":
        await expect(admins.button("Disconnect Outlook")).to_be_visible()
        await admins.button("Edit check for conflicts").click()
        await expect(main.get_by_label("Project Falcon")).to_be_visible()
    else:
        await admins.section(section)
    await expect(main).not_to_contain_text("Loading")
    if section == "My week":
        await expect(page.locator("#week").get_by_text("Only here")).to_be_visible()
    if section == "Health":
        await expect(main).to_contain_text("1 calendar, ")
    if section == "Team":
        await admins.button("Configure Adam Min").click()
        await expect(admins.button("Edit primary calendar")).to_be_visible()
    usable = await page.evaluate(USABLE)
    assert len(usable) > 5
    missed = set(range(len(usable))) - await reached(page, len(usable) + 10)
    assert [usable[n] for n in sorted(missed)] == []


async def test_an_appointment_is_moved_and_cancelled(
    mine: SettingsPage, agent: Person, stack: Stack
) -> None:
    mailbox = new_mailbox(stack)
    await agent.connect(OLGA)
    await agent.choose("Calendar")
    await put(agent, "a1", appointment(at(9)))
    await reaches(agent, "a1", "synced")  # the dialog says how it was when it was opened
    await mine.section("My week")
    page = mine.page
    event = page.locator("#week .appointment", has_text="Viewing")
    dialog = await mine.opened_dialog("Viewing", lambda: event.press("Enter"))
    await expect(dialog).to_contain_text("written to the calendar")
    await dialog.get_by_label("Begins").fill(f"{at(9)[0]:%Y-%m-%d}T16:30")
    await page.keyboard.press("Enter")
    await expect(mine.notice).to_contain_text("Viewing: kept.")
    await expect(event).to_contain_text("16:30")

    async def is_moved() -> bool:
        return [f"{start:%M}" for _, start, _ in written(mailbox)] == ["30"]

    await until(stack, is_moved)
    await mine.opened_dialog("Viewing", lambda: event.press("Enter"))
    await dialog.get_by_role("button", name="Cancel the appointment").focus()
    await page.keyboard.press("Enter")
    await expect(mine.notice).to_contain_text("Viewing: cancelled.")
    await expect(event).to_have_count(0)
    assert mine.troubles == []


async def test_after_disconnecting_the_focus_is_where_one_connects_again(
    mine: SettingsPage, agent: Person
) -> None:
    await agent.connect(ADELE)
    await expect(mine.button("Disconnect Outlook")).to_be_visible()
    await mine.button("Disconnect Outlook").focus()
    await mine.page.keyboard.press("Enter")
    dialog = mine.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await mine.page.keyboard.press("Tab")
    await mine.page.keyboard.press("Enter")
    await expect(mine.button("Connect Outlook")).to_be_focused()


async def test_a_notice_that_is_dismissed_leaves_the_focus_in_the_page(
    mine: SettingsPage,
) -> None:
    await mine.button("Edit what blocks time").click()
    await mine.button("Save").click()
    await mine.button("Dismiss").focus()
    await mine.page.keyboard.press("Enter")
    await expect(mine.notice).to_be_empty()
    await expect(mine.page.get_by_role("main")).to_be_focused()
