"""Names and titles that run from right to left leave the sentence around them alone."""

import pytest
from playwright.async_api import BrowserContext, Locator, expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.browser.test_my_week import at, opened
from tests.flows.outlook import OLGA, add, new_mailbox
from tests.people import Person

HEBREW = "יומן"
OVERRIDE, ISOLATE_ENDS = "\u202e", "\u2069"
NAMES = (
    pytest.param(HEBREW, id="hebrew"),
    pytest.param(f"abc{OVERRIDE}def", id="override"),
    pytest.param(f"abc{ISOLATE_ENDS}{OVERRIDE}def", id="override outside of its isolate"),
)

# The left edge of each character of what the element says, in the order of the text.
EDGES = """element => {
  const edges = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let n = 0; n < node.length; n++) {
      const range = document.createRange();
      range.setStart(node, n);
      range.setEnd(node, n + 1);
      const box = range.getBoundingClientRect();
      if (box.width) edges.push([node.data[n], box.left, box.top]);
    }
  }
  return edges;
}"""


async def reads_on(place: Locator, after: str) -> None:
    """What follows the name stands to the right of it, from left to right."""
    edges = await place.evaluate(EDGES)
    text = "".join(character for character, _, _ in edges)
    begin = text.index(after)
    lines: dict[float, list[float]] = {}
    for _, left, top in edges[begin : begin + len(after)]:
        lines.setdefault(round(top), []).append(left)
    assert all(lefts == sorted(lefts) for lefts in lines.values()), text
    first = edges[begin]
    name = [left for character, left, top in edges[:begin] if abs(top - first[2]) < 4]
    assert name, text
    assert max(name) < first[1], text


@pytest.mark.parametrize("name", NAMES)
async def test_the_name_of_a_calendar(
    stack: Stack, context: BrowserContext, agent: Person, name: str
) -> None:
    mailbox = new_mailbox(stack)
    mailbox.create_calendar(name)
    await agent.connect(OLGA)
    await agent.choose(name)
    mine = await SettingsPage.opened(stack, context, agent)
    line = mine.part("Primary calendar").locator(".calendar")
    await expect(line).to_contain_text(f"of {OLGA}")
    await reads_on(line, f" of {OLGA} · Outlook")

    await mine.section("My week")
    state = mine.page.locator("#week-state span").first
    await expect(state).to_contain_text("up to date")
    await reads_on(state, ": up to date, read just now")


@pytest.mark.parametrize("title", NAMES)
async def test_the_title_of_an_appointment(
    mine: SettingsPage, agent: Person, stack: Stack, title: str
) -> None:
    new_mailbox(stack)
    await opened(mine, agent)
    await mine.page.get_by_label("Title").fill(title)
    await mine.page.get_by_label("Begins").fill(f"{at(9)[0]:%Y-%m-%d}T10:00")
    await mine.button("Make an appointment").click()
    sentence = mine.notice.get_by_role("paragraph")
    await expect(sentence).to_contain_text("kept.")
    await reads_on(sentence, ": kept. It is written to your calendar now.")

    await mine.page.locator("#week .appointment").click()
    heading = mine.page.get_by_role("dialog").get_by_role("heading")
    assert not set(await heading.inner_text()) & {OVERRIDE, ISOLATE_ENDS}


@pytest.mark.parametrize("name", NAMES)
async def test_the_name_of_a_user(stack: Stack, context: BrowserContext, name: str) -> None:
    async with Person(stack, "agent3", {"loc1": "agent"}, name) as person:
        mine = await SettingsPage.opened(stack, context, person)
        who = mine.page.locator("#who")
        await expect(who).to_contain_text("loc1")
        await reads_on(who, " · loc1")


async def test_markup_is_text(stack: Stack, context: BrowserContext, agent: Person) -> None:
    name = "<img src=x onerror=alert(1)>"
    mailbox = new_mailbox(stack)
    mailbox.create_calendar(name)
    add(mailbox, at(10), name)
    await agent.connect(OLGA)
    await agent.choose(name)
    mine = await SettingsPage.opened(stack, context, agent)
    await expect(mine.part("Primary calendar")).to_contain_text(name)
    await expect(mine.page.locator("main img")).to_have_count(0)
    assert mine.troubles == []
