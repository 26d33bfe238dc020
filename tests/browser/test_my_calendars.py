"""My Profile › Integrations and the calendar configuration, used as people use them."""

from playwright.async_api import expect

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.flows.outlook import OLGA, calendar_id, connected, key_of, look, new_mailbox, revoke
from tests.people import ADELE, ALEX, GINA, Person

DEFAULT = f"Calendar of {ADELE}"


async def test_r01_an_account_is_connected_in_a_window_of_its_own(mine: SettingsPage) -> None:
    await expect(mine.account("Outlook")).to_contain_text("No account is connected.")
    window = await mine.sign_in("Outlook", ADELE)

    await expect(mine.account("Outlook")).to_contain_text(ADELE)
    await expect(mine.account("Outlook")).to_contain_text("Connected")
    await expect(mine.notice).to_contain_text("The account is connected.")
    if not window.is_closed():
        await window.wait_for_event("close")
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
    await expect(mine.notice).to_contain_text("Access was not granted")
    await expect(mine.account("Outlook")).to_contain_text("No account is connected.")


async def test_r04_an_account_of_another_user_is_refused_with_the_way_out(
    mine: SettingsPage, stack: Stack, other_agent: Person
) -> None:
    await other_agent.connect(ADELE)
    window = await mine.sign_in("Outlook", ADELE, "known")
    for place in (window.locator("#message"), mine.notice.get_by_role("paragraph")):
        await expect(place).to_have_text(
            "This account is already connected by Boris Two, and an account belongs to one user. "
            "To use its calendar, connect another account for yourself and, from the account that "
            "is already connected, share the calendar with it: it then appears in your list of "
            "calendars."
        )
    await expect(mine.account("Outlook")).to_contain_text("No account is connected.")


async def test_r03_a_second_account_is_refused_naming_the_one_connected(
    mine: SettingsPage, stack: Stack, agent: Person
) -> None:
    new_mailbox(stack)
    await agent.connect(OLGA)
    revoke(stack)
    await agent.call("GET", agent.path("calendars"))
    await expect(mine.account("Outlook")).to_contain_text("The account must be signed in to again.")
    await expect(mine.button("Sign in again")).to_be_visible()

    window = await mine.sign_in("Outlook", ADELE)
    for place in (window.locator("#message"), mine.notice.get_by_role("paragraph")):
        await expect(place).to_have_text(
            f"{OLGA} is connected here already. Disconnect it first, or choose that account when "
            "you sign in."
        )
    await expect(mine.account("Outlook")).to_contain_text(OLGA)


async def test_r05_a_calendar_shows_its_colour_its_owner_and_what_may_be_done(
    mine: SettingsPage, stack: Stack
) -> None:
    adele, alex = (stack.sandbox.world.mailbox(address) for address in (ADELE, ALEX))
    alex.calendar(calendar_id(alex, "Travel")).calendar.hex_color = "#aa3377"
    adele.calendar(calendar_id(adele, "Project Falcon")).calendar.hex_color = "#117733"
    await mine.connect("Outlook", ADELE)
    await mine.button("Edit check for conflicts").click()
    part = mine.part("Check for conflicts")
    for name, color in (("Travel", "rgb(170, 51, 119)"), ("Project Falcon", "rgb(17, 119, 51)")):
        line = part.locator("label", has_text=name)
        await expect(line.locator(".swatch")).to_have_css("background-color", color)
    await expect(part.locator("label", has_text="Travel")).to_have_text(
        f"Travel of {ALEX} (may only be read)"
    )
    await expect(part.get_by_role("group", name=f"Outlook · {ADELE}")).to_be_visible()


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
    await expect(mine.notice).to_contain_text("Kept.")
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


async def test_r12_disconnecting_outlook_takes_no_permission_back(mine: SettingsPage) -> None:
    await mine.connect("Outlook", ADELE)
    await mine.button("Disconnect Outlook").click()
    assert await mine.page.get_by_role("dialog").get_by_role("paragraph").all_inner_texts() == [
        f"The calendars of {ADELE} are no longer primary or checked for conflicts, from now on.",
        "Its notifications end. If no other location uses the account, everything that was read "
        "from it is erased.",
        "Appointments stay in the CRM, and the events that were written for them stay in your "
        "calendar.",
    ]
    await mine.page.keyboard.press("Escape")
    await expect(mine.page.get_by_role("dialog")).to_have_count(0)
    await expect(mine.account("Outlook")).to_contain_text(ADELE)


async def test_a_calendar_that_may_not_be_read_any_more_leads_to_choosing_another(
    mine: SettingsPage, stack: Stack, agent: Person
) -> None:
    new_mailbox(stack)
    await connected(agent)
    rule = {"preset": "access-denied", "path": "calendarView", "mailbox": OLGA, "count": None}
    stack.sandbox.world.faults.add(rule_from_json(rule))
    await look(stack, key_of(stack, OLGA))
    account = mine.account("Outlook")
    await expect(account).to_contain_text("Has a problem")
    await expect(account).to_contain_text("A chosen calendar may not be read any more.")
    await mine.button("Choose calendars").click()
    await expect(mine.page.get_by_role("heading", name="Calendar configuration")).to_be_focused()


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
    await expect(mine.button("Edit primary calendar")).to_be_focused()
