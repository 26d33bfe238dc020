"""The page to edit the simulated mailboxes by hand, used as people use it, at either provider."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, expect

from sandbox.stack import Stack
from tests.browser.lookalike import ADDRESSES, Lookalike, place_of
from tests.browser.test_accessibility import violations
from tests.flows.outlook import BERLIN, Span, calendar_id
from tests.flows.two_providers import PAULA, OutlookPlace, Place

DAY = timedelta(days=1)
MONDAY = datetime(2027, 3, 8, tzinfo=BERLIN)
DECLINED = re.compile("^Calendar, (Busy|Free), declined$")  # Exchange shows it as free
BOSS = "boss@fabrikam.example"


def at(hour: int, minutes: int = 60, day: int = 2, minute: int = 0) -> Span:
    """A stretch of time of that week, in UTC; the Wednesday unless said otherwise."""
    date = MONDAY.date() + timedelta(days=day)
    start = datetime.combine(date, time(hour, minute), BERLIN).astimezone(UTC)
    return start, start + timedelta(minutes=minutes)


@pytest.fixture(params=["outlook", "google"])
def place(request: pytest.FixtureRequest, stack: Stack) -> Place:
    """An empty calendar of somebody new in Berlin."""
    return place_of(stack, request.param)


@pytest.fixture
async def page(stack: Stack, context: BrowserContext, place: Place) -> Lookalike:
    return await opened(stack, context, place)


async def opened(stack: Stack, context: BrowserContext, place: Place) -> Lookalike:
    """The page at that calendar, in the week of MONDAY."""
    mailbox = f"{place.provider}:{ADDRESSES[place.provider]}"
    return await Lookalike.opened(stack, context, mailbox, MONDAY.date())


def details(place: Place) -> dict[str, Any]:
    """Of the only event at the provider: whether it is private, and what was answered."""
    if isinstance(place, OutlookPlace):
        found = place.mailbox.find_event(place.only()).instance.details
        return {"private": found.sensitivity == "private", "answer": found.response}
    fields = place.account.view(place.only(), place.name).fields
    answers = {one["email"]: one["responseStatus"] for one in fields.get("attendees", [])}
    return {"private": fields.get("visibility") == "private", "answer": answers.get(PAULA)}


async def test_an_event_is_made_by_the_dialog(page: Lookalike, place: Place) -> None:
    await page.make("Talk", at(10))
    await expect(page.event("Talk", at(10))).to_be_visible()
    assert place.written() == [("Talk", *at(10))]


async def test_one_is_made_by_dragging_over_empty_time(page: Lookalike, place: Place) -> None:
    first, last = [await page.spot(moment) for moment in at(9, minutes=90)]
    await page.pull((first[0], first[1] + 2), (last[0], last[1] - 2))
    await page.field("Subject").fill("Talk")
    await page.save()
    await expect(page.event("Talk", at(9, minutes=90))).to_be_visible()
    assert place.written() == [("Talk", *at(9, minutes=90))]


async def test_an_event_is_dragged_to_another_day_and_time(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    await page.drag(page.event("Talk", at(9)), minutes=90, days=1)
    await expect(page.event("Talk", at(10, day=3, minute=30))).to_be_visible()
    assert place.written() == [("Talk", *at(10, day=3, minute=30))]


async def test_its_lower_edge_is_dragged(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    await page.stretch(page.event("Talk", at(9)), minutes=45)
    await expect(page.event("Talk", at(9, minutes=105))).to_be_visible()
    assert place.written() == [("Talk", *at(9, minutes=105))]


async def test_escape_calls_a_drag_off(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    before = await page.spot(at(9, minute=10)[0])
    await expect(page.event("Talk", at(9))).to_be_visible()
    await page.pull(before, (before[0], before[1] + 120), drop=False)
    await expect(page.page.locator(".preview")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await expect(page.page.locator(".preview")).to_have_count(0)
    await page.page.mouse.up()
    await expect(page.event("Talk", at(9))).to_be_visible()
    await expect(page.dialog).to_have_count(0)
    assert place.written() == [("Talk", *at(9))]


async def test_an_event_is_deleted(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    await page.event("Talk", at(9)).click()
    await page.button("Delete").click()
    await expect(page.any_event("Talk")).to_have_count(0)
    assert place.written() == []


async def test_an_invitation_is_declined(page: Lookalike, place: Place) -> None:
    await page.make("Talk", at(9), invited_by=BOSS)
    invitation = page.event("Talk", at(9))
    await invitation.click()
    await page.button("Decline").click()
    await expect(page.dialog).to_have_count(0)
    await expect(invitation).to_have_attribute("title", DECLINED)
    assert details(place)["answer"] == "declined"
    await invitation.click()
    await expect(page.button("Decline")).to_have_attribute("aria-pressed", "true")


async def test_private_is_set_and_taken_back(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    for wanted in (True, False):
        await page.event("Talk", at(9)).click()
        await page.field("Private").set_checked(wanted)
        await page.save()
        await expect(page.page.locator("#week .event.private")).to_have_count(int(wanted))
        assert details(place)["private"] is wanted


async def series(page: Lookalike) -> list[Locator]:
    """Makes one from Wednesday to Friday; returns its events."""
    await page.make("Stand-up", at(9, minutes=30), repeat="Daily", times="3")
    found = [page.event("Stand-up", at(9, minutes=30, day=day)) for day in (2, 3, 4)]
    for one in found:
        await expect(one).to_be_visible()
    await expect(page.any_event("Stand-up")).to_have_count(3)
    return found


async def test_one_of_a_series_is_moved(page: Lookalike) -> None:
    [first, second, third] = await series(page)
    await page.drag(second, minutes=120)
    await expect(page.event("Stand-up", at(11, minutes=30, day=3))).to_be_visible()
    await expect(second).to_have_count(0)
    await expect(first).to_be_visible()
    await expect(third).to_be_visible()


async def test_a_series_is_moved_and_deleted_as_a_whole(page: Lookalike, place: Place) -> None:
    [_, second, _] = await series(page)
    await second.click()
    await page.field("The whole series").check()
    await page.fill("Stand-up", at(10, minutes=30, day=3))
    await page.save()
    for day in (2, 3, 4):
        await expect(page.event("Stand-up", at(10, minutes=30, day=day))).to_be_visible()
    await page.event("Stand-up", at(10, minutes=30, day=4)).click()
    await page.field("The whole series").check()
    await page.button("Delete").click()
    await expect(page.any_event("Stand-up")).to_have_count(0)
    assert place.written() == []


async def test_what_is_done_elsewhere_appears_and_is_marked(page: Lookalike, place: Place) -> None:
    # It says so for five seconds: what was said is noted, however slow the one who looks.
    await page.page.get_by_role("status").evaluate(
        """status => new MutationObserver(() => {
            const told = document.documentElement.dataset.told ?? "";
            document.documentElement.dataset.told = `${told}${status.textContent}.`;
        }).observe(status, {childList: true})"""
    )
    place.add(at(9))
    await expect(page.event("Talk", at(9))).to_be_visible()
    told = re.compile(r"^\.*1 event changed\.")
    await expect(page.page.locator("html")).to_have_attribute("data-told", told)


async def test_an_event_is_put_into_another_calendar(page: Lookalike, place: Place) -> None:
    add_calendar(place, "Project")
    place.add(at(9))
    await expect(page.page.get_by_role("checkbox", name="Project")).to_be_visible()
    await page.event("Talk", at(9)).click()
    await page.field("Calendar").select_option(label="Project")
    await page.save()
    await expect(page.event("Talk", at(9))).to_have_attribute("title", "Project, Busy")
    await page.page.get_by_role("checkbox", name="Project").uncheck()
    await expect(page.any_event("Talk")).to_have_count(0)
    assert place.written() == []


def add_calendar(place: Place, name: str) -> None:
    if isinstance(place, OutlookPlace):
        place.mailbox.create_calendar(name)
        assert calendar_id(place.mailbox, name)
    else:
        place.account.create_calendar(name)


async def test_another_mailbox_is_chosen(stack: Stack, context: BrowserContext) -> None:
    places = [place_of(stack, provider) for provider in ("outlook", "google")]
    for place in places:
        place.add(at(9), place.provider)
    page = await opened(stack, context, places[0])
    await expect(page.event("outlook", at(9))).to_be_visible()

    chooser = page.page.get_by_role("combobox", name="Mailbox", exact=True)
    await chooser.select_option(value=f"google:{ADDRESSES['google']}")

    await expect(page.event("google", at(9))).to_be_visible()
    await expect(page.any_event("outlook")).to_have_count(0)
    assert "mailbox=google" in page.page.url
    await page.page.reload()
    await expect(page.event("google", at(9))).to_be_visible()


async def test_by_keyboard_alone(page: Lookalike, place: Place) -> None:
    keyboard = page.page.keyboard
    await reach(page, page.button("New event"))
    await keyboard.press("Enter")
    await keyboard.type("Talk")
    await reach(page, page.button("Save"))
    await keyboard.press("Enter")
    await expect(page.dialog).to_have_count(0)
    await expect(page.button("New event")).to_be_focused()
    made = page.any_event("Talk")

    await reach(page, made)
    await keyboard.press("Enter")
    await expect(page.field("Subject")).to_be_focused()
    await keyboard.press("End")
    await keyboard.type(" of the town")
    await keyboard.press("Enter")
    await expect(page.dialog).to_have_count(0)
    await expect(made).to_be_focused()
    assert [title for title, *_ in place.written()] == ["Talk of the town"]

    await keyboard.press("Enter")
    await keyboard.press("Escape")
    await expect(page.dialog).to_have_count(0)
    await keyboard.press("Enter")
    await reach(page, page.button("Delete"))
    await keyboard.press("Enter")
    await expect(made).to_have_count(0)
    assert place.written() == []


async def reach(page: Lookalike, wanted: Locator) -> None:
    """Presses the Tab key until that has the focus."""
    await expect(wanted).to_be_visible()
    for _ in range(60):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by the Tab key.")


async def test_what_is_refused_is_said_in_the_dialog(page: Lookalike, place: Place) -> None:
    place.add(at(9))
    await page.event("Talk", at(9)).click()
    start, end = at(9)
    await page.fill("Talk", (end, start))
    await page.button("Save").click()
    await expect(page.dialog.get_by_role("alert")).to_have_text(
        "The end must not be before the start."
    )
    assert place.written() == [("Talk", *at(9))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
async def test_axe_finds_nothing_and_the_policy_holds(
    stack: Stack, context: BrowserContext, scheme: Any, width: int
) -> None:
    place = place_of(stack, "outlook")
    place.add(at(9, day=0), "Talk")
    place.add(at(11, day=0), "Maybe", show_as="tentative")
    place.add(at(13, day=0), "Elsewhere", show_as="free")
    place.add_private(at(15, day=0), "Hidden")
    page = await opened(stack, context, place)
    await page.page.set_viewport_size({"width": width, "height": 800})
    await page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await expect(page.event("Talk", at(9, day=0))).to_be_visible()
    assert await violations(page) == []
    wide = await page.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    await page.event("Talk", at(9, day=0)).click()
    await expect(page.dialog).to_be_visible()
    assert await violations(page) == []
    assert page.troubles == []


async def test_the_policy_lets_no_other_script_run(page: Lookalike) -> None:
    async with page.page.expect_console_message():
        await page.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.head.append(script);
            }"""
        )
    assert await page.page.evaluate("window.ran") is None
    assert len(page.troubles) == 1
