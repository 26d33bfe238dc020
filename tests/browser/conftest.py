"""A real Chromium against the running stack."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from sandbox.stack import Stack
from tests.browser.pages import SettingsPage
from tests.people import Person

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LONG = 60_000
# Else five seconds, and the page looks every three.
expect.set_options(timeout=LONG)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's where it has one, else Playwright's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                # Pages that a test answers itself come from no address, so from a foreign network.
                "--disable-features=LocalNetworkAccessChecks",
            ],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def context(stack: Stack, chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser of somebody in Berlin; notifications come once and at once."""
    settings = stack.sandbox.world.subscriptions.settings
    settings.hostile, settings.delay_seconds = False, (0.0, 0.0)
    context = await chromium.new_context(
        ignore_https_errors=True,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        viewport={"width": 1100, "height": 900},
    )
    context.set_default_timeout(LONG)
    yield context
    await context.close()


@pytest.fixture
async def other_agent(stack: Stack) -> AsyncIterator[Person]:
    """Another agent of location `loc1`."""
    async with Person(stack, "agent2", {"loc1": "agent"}, "Boris Two") as person:
        yield person


@pytest.fixture
async def mine(stack: Stack, context: BrowserContext, agent: Person) -> SettingsPage:
    """The page as the agent opens it."""
    return await SettingsPage.opened(stack, context, agent)


@pytest.fixture
async def admins(stack: Stack, context: BrowserContext, admin: Person) -> SettingsPage:
    """The page as the admin opens it."""
    return await SettingsPage.opened(stack, context, admin)
