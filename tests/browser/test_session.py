"""Who uses the page: the CRM hands its token over, and another one when that has run out."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import BrowserContext, Frame, Page, Route, expect

from sandbox.crm import token
from sandbox.stack import CRM_ORIGIN, Stack
from tests.browser.pages import SettingsPage
from tests.people import Person

CRM_PAGE = """<!doctype html><title>The CRM</title>
<iframe title="Calendars" src="{page}" width="1000" height="800"></iframe>
<script>
const tokens = {tokens};
addEventListener("message", (event) => {{
  if (event.origin !== "{origin}") return;
  const token = tokens.shift();
  if (token) event.source.postMessage(
    {{type: "calendar-sync:token", token, location: "loc1"}}, event.origin);
}});
</script>"""


async def framed(context: BrowserContext, stack: Stack, tokens: list[str], host: str) -> Page:
    """A page of that origin which frames ours and hands over these tokens, one each time asked."""
    origin = stack.api.removesuffix("/api")
    text = CRM_PAGE.format(page=f"{stack.api}/settings", tokens=json.dumps(tokens), origin=origin)

    async def answer(route: Route) -> None:
        await route.fulfill(body=text, content_type="text/html")

    page = await context.new_page()
    await page.route(f"{host}/**", answer)
    await page.goto(f"{host}/crm")
    return page


def inner(page: Page) -> Frame:
    [found] = [frame for frame in page.frames if frame.parent_frame]
    return found


async def test_in_the_crms_frame_the_token_comes_by_message(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    page = await framed(context, stack, [agent.token], CRM_ORIGIN)
    await expect(inner(page).get_by_role("heading", name="Accounts")).to_be_visible()
    await expect(inner(page).locator("#who")).to_contain_text("Agnes One")


async def test_nobody_else_may_frame_it(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    page = await framed(context, stack, [agent.token], "http://evil.example")
    await page.wait_for_load_state()
    assert await inner(page).locator("#who").count() == 0


async def test_a_token_that_has_run_out_is_asked_for_again(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    old = token(stack.jwt_secret, "agent1", {"loc1": "agent"}, "Agnes One", timedelta(minutes=-5))
    page = await framed(context, stack, [old, agent.token], CRM_ORIGIN)
    await expect(inner(page).get_by_role("heading", name="Accounts")).to_be_visible()


async def test_a_token_that_runs_out_while_somebody_edits_is_replaced_unseen(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    newer = token(stack.jwt_secret, "agent1", {"loc1": "agent"}, "Agnes One", timedelta(hours=2))
    page = await framed(context, stack, [agent.token, newer], CRM_ORIGIN)
    frame = inner(page)
    await frame.get_by_role("button", name="Edit what blocks time").click()
    await frame.get_by_label("All-day events do not block time").check()

    await context.route("**/api/locations/**", run_out(agent.token))
    await frame.get_by_role("button", name="Save").click()

    await expect(frame.locator("#notices")).to_contain_text("Kept.")
    kept = (await agent.call("GET", agent.path("configuration"))).json()
    assert kept["ignoreAllDay"] is True


async def test_where_no_other_token_comes_what_was_entered_stays_until_one_does(
    stack: Stack, mine: SettingsPage, agent: Person
) -> None:
    await mine.button("Edit what blocks time").click()
    box = mine.page.get_by_label("All-day events do not block time")
    await box.check()
    await mine.page.route("**/api/locations/**", run_out(agent.token))
    await mine.button("Save").click()
    await expect(mine.notice).to_contain_text("Your session has ended.")
    await expect(box).to_be_checked()

    newer = token(stack.jwt_secret, "agent1", {"loc1": "agent"}, "Agnes One", timedelta(hours=2))
    await mine.page.evaluate("token => (location.hash = `#token=${token}`)", newer)
    await mine.button("Save").click()
    await expect(mine.notice).to_contain_text("Kept.")


def run_out(old: str) -> Callable[[Route], Awaitable[None]]:
    """Answers what comes with that token as the service does once it has expired."""

    async def answer(route: Route) -> None:
        if route.request.headers["authorization"] != f"Bearer {old}":
            return await route.continue_()
        body = {"status": 401, "code": "token_expired", "detail": "The token has expired."}
        return await route.fulfill(
            status=401, content_type="application/problem+json", body=json.dumps(body)
        )

    return answer


async def test_without_another_token_the_session_ends_with_a_sentence(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    agent.token = token(
        stack.jwt_secret, "agent1", {"loc1": "agent"}, "Agnes One", timedelta(minutes=-5)
    )
    found = await SettingsPage.opened(stack, context, agent)
    await expect(found.page.get_by_role("main")).to_contain_text("Your session has ended")


async def test_a_token_in_the_address_goes_from_it_at_once(mine: SettingsPage) -> None:
    await expect(mine.page.get_by_role("heading", name="Accounts")).to_be_visible()
    assert "token" not in await mine.page.evaluate("location.href")
    assert await mine.page.evaluate("history.length") <= 2


async def test_when_the_service_fails_the_page_says_so_and_tries_again(
    stack: Stack, context: BrowserContext, agent: Person
) -> None:
    fails = {"left": 1}

    async def once(route: Route) -> None:
        if fails["left"]:
            fails["left"] = 0
            await route.fulfill(status=503, content_type="application/problem+json", body="{}")
        else:
            await route.continue_()

    await context.route("**/connections", once)
    found = await SettingsPage.opened(stack, context, agent)
    await found.button("Try again").click()
    await expect(found.page.get_by_role("heading", name="Accounts")).to_be_visible()
