"""My Profile › Integrations and the calendar configuration, used as people use them."""

from playwright.async_api import expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.people import ADELE, GINA, Person

DEFAULT = f"Calendar of {ADELE}"


async def test_r01_an_account_is_connected_in_a_window_of_its_own(mine: SettingsPage) -> None:
    await expect(mine.account("Outlook")).to_contain_text("No account is connected.")
    window = await mine.sign_in("Outlook", ADELE)

    await expect(mine.account("Outlook")).to_contain_text(ADELE)
    await expect(mine.account("Outlook")).to_contain_text("Connected")
    await expect(mine.notice).to_contain_text("The account is connected.")
    assert window.is_closed()
    assert "token" not in mine.page.url
    assert mine.troubles == []


async def test_r08_google_is_connected_beside_it(mine: SettingsPage) -> None:
    await mine.connect("Outlook", ADELE)
    await mine.connect("Google", GINA)

    await mine.button("Edit check for conflicts").click()
    part = mine.part("Check for conflicts")
    await expect(part.get_by_role("group", name="Outlook")).to_be_visible()
    await expect(part.get_by_role("group", name="Google")).to_be_visible()


async def test_what_is_not_accepted_is_said_in_the_window_and_on_the_page(
    mine: SettingsPage,
) -> None:
    window = await mine.sign_in("Outlook", ADELE, "cancel")
    await expect(window.locator("#message")).to_contain_text("Access was not granted")
    await expect(mine.account("Outlook")).to_contain_text("No account is connected.")


async def test_r04_an_account_of_another_user_is_refused_with_the_way_out(
    mine: SettingsPage, stack: Stack, other_agent: Person
) -> None:
    await other_agent.connect(ADELE)
    window = await mine.sign_in("Outlook", ADELE, "known")
    await expect(window.locator("#message")).to_contain_text("already connected by Boris Two")
    await expect(window.locator("#message")).to_contain_text("share the calendar")


async def test_r06_r07_calendars_are_chosen_and_kept(mine: SettingsPage, agent: Person) -> None:
    await mine.connect("Outlook", ADELE)
    await mine.choose_primary(DEFAULT)
    await mine.button("Edit check for conflicts").click()
    part = mine.part("Check for conflicts")
    await expect(part.get_by_label(DEFAULT)).to_be_disabled()
    await part.get_by_label("Project Falcon").check()
    await part.get_by_role("button", name="Save").click()
    await expect(part.get_by_role("listitem")).to_contain_text("Project Falcon")

    kept = (await agent.call("GET", agent.path("configuration"))).json()
    listed = await agent.calendars()
    assert kept["primary"]["calendarId"] == listed["Calendar"]["calendarId"]
    assert [c["calendarId"] for c in kept["conflicts"]] == [listed["Project Falcon"]["calendarId"]]


async def test_r06_what_may_only_be_read_cannot_be_primary(mine: SettingsPage) -> None:
    await mine.connect("Outlook", ADELE)
    await mine.button("Edit primary calendar").click()
    travel = mine.part("Primary calendar").get_by_label("Travel")
    await expect(travel).to_be_disabled()
    await expect(mine.part("Primary calendar")).to_contain_text("may only be read")


async def test_r11_the_setting_for_series_says_what_it_means(
    mine: SettingsPage, agent: Person
) -> None:
    await mine.connect("Outlook", ADELE)
    part = mine.part("What blocks time")
    await expect(part).to_contain_text("You can be booked over the later events of a series.")
    await mine.button("Edit what blocks time").click()
    await part.get_by_label("Every event").check()
    await part.get_by_role("button", name="Save").click()
    await expect(part).to_contain_text("You are not booked over any of them.")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["recurringEvents"] == "every"


async def test_two_tabs_do_not_overwrite_each_other(
    mine: SettingsPage, stack: Stack, agent: Person
) -> None:
    await mine.connect("Outlook", ADELE)
    second = await SettingsPage.opened(stack, mine.context, agent)
    await second.button("Edit what blocks time").click()
    await second.page.get_by_label("All-day events do not block time").check()
    await mine.choose_primary(DEFAULT)

    await second.part("What blocks time").get_by_role("button", name="Save").click()

    await expect(second.notice).to_contain_text("Somebody has changed the configuration")
    await expect(second.part("Primary calendar")).to_contain_text("Calendar")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["primary"] is not None
    assert kept["ignoreAllDay"] is False


async def test_r12_disconnecting_says_what_it_does_first(mine: SettingsPage, agent: Person) -> None:
    await mine.connect("Google", GINA)
    await mine.button("Disconnect Google").click()
    dialog = mine.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("the permission that you gave at Google is taken back")
    await expect(dialog).to_contain_text("Appointments stay in the CRM")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(mine.account("Google")).to_contain_text(GINA)

    await mine.button("Disconnect Google").click()
    await dialog.get_by_role("button", name="Disconnect Google").click()
    await expect(mine.account("Google")).to_contain_text("No account is connected.")
    answer = await agent.call("GET", agent.path("connections"))
    assert answer.json() == {"connections": []}


async def test_by_keyboard_alone(mine: SettingsPage) -> None:
    await mine.connect("Outlook", ADELE)
    page = mine.page
    await mine.button("Edit primary calendar").focus()
    await page.keyboard.press("Enter")
    await expect(mine.part("Primary calendar").get_by_label(DEFAULT)).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(mine.notice).to_contain_text("Kept.")
    await expect(mine.part("Primary calendar")).to_contain_text(DEFAULT)
