"""Team Management and Health, as an admin sees them."""

from playwright.async_api import expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.flows.outlook import OLGA, new_mailbox, revoke
from tests.people import ADELE, Person

NOT_CONNECTED = (
    "This agent has not connected an account yet. Only the agent can, under My Profile › "
    "Integrations; after that you can choose the calendars here."
)


async def test_an_agent_sees_neither(mine: SettingsPage) -> None:
    await expect(mine.button("My week")).to_be_visible()
    await expect(mine.button("Team")).to_have_count(0)
    await expect(mine.button("Health")).to_have_count(0)


async def test_r09_an_admin_configures_an_agent_who_has_connected(
    admins: SettingsPage, agent: Person
) -> None:
    await agent.connect(ADELE)
    await admins.section("Team")
    await admins.button("Configure Agnes One").click()
    await admins.choose_primary(f"Calendar of {ADELE}")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["primary"]["provider"] == "outlook"


async def test_r09_of_an_agent_who_has_not_the_refusal_is_shown(admins: SettingsPage) -> None:
    await admins.section("Team")
    await admins.page.get_by_label("Somebody who is not in the list").fill("agent9")
    await admins.button("Open").click()
    await expect(admins.page.get_by_text(NOT_CONNECTED)).to_be_visible()
    await expect(admins.button("Edit primary calendar")).to_have_count(0)


async def test_r09_where_the_agent_disconnects_meanwhile_the_api_refuses_in_the_same_words(
    admins: SettingsPage, agent: Person
) -> None:
    await agent.connect(ADELE)
    await admins.section("Team")
    await admins.button("Configure Agnes One").click()
    await admins.button("Edit what blocks time").click()
    await agent.call("DELETE", agent.path("connections/outlook"))
    await admins.button("Save").click()
    await expect(admins.notice).to_contain_text(NOT_CONNECTED)


async def test_the_list_follows_what_the_admin_has_chosen(
    admins: SettingsPage, agent: Person
) -> None:
    await agent.connect(ADELE)
    await admins.section("Team")
    await admins.page.get_by_label("Show").select_option("No primary calendar")
    await admins.button("Configure Agnes One").click()
    await admins.choose_primary(f"Calendar of {ADELE}")
    await expect(admins.page.get_by_role("main")).to_contain_text("Nobody.")


async def test_without_anybody_the_list_says_so(admins: SettingsPage) -> None:
    await admins.section("Team")
    await expect(admins.page.get_by_role("main")).to_contain_text(
        "Nobody has connected an account yet."
    )


async def test_who_has_a_problem_can_be_filtered(
    admins: SettingsPage, agent: Person, other_agent: Person, stack: Stack
) -> None:
    new_mailbox(stack)
    await agent.connect(OLGA)
    await agent.choose("Calendar")
    await other_agent.connect(ADELE)
    revoke(stack)
    await agent.call("GET", agent.path("calendars"))

    await admins.section("Team")
    await admins.page.get_by_label("Show").select_option("Must sign in again")

    rows = admins.page.get_by_role("rowheader")
    await expect(rows).to_have_text(["Agnes One"])
    await admins.section("Health")
    await expect(admins.page.get_by_role("main")).to_contain_text("1 calendar, ")
