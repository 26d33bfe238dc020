"""The settings page as it is served: what it may do, how large it is, what else is not there."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sandbox.stack import Stack

WEB = Path(__file__).parents[2] / "web"
OWN = sorted(path.name for path in WEB.iterdir() if path.suffix in {".html", ".js", ".css", ".svg"})
MOST_BYTES = 150 * 1024


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def file(
    browser: httpx.AsyncClient, stack: Stack, name: str, **headers: str
) -> httpx.Response:
    return await browser.get(f"{stack.api}/settings/{name}", headers=headers)


async def test_the_page_allows_nothing_inline_and_nothing_from_elsewhere(
    stack: Stack, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(f"{stack.api}/settings")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"].split() == [
        "'self'",
        *stack.settings["RETURN_URL_ORIGINS"].split(),
    ]
    assert "unsafe" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".html")])
def test_there_is_no_inline_script_or_style(name: str) -> None:
    text = (WEB / name).read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("name", OWN)
async def test_each_file_is_served_packed_once(
    stack: Stack, browser: httpx.AsyncClient, name: str
) -> None:
    plain = await file(browser, stack, name, **{"Accept-Encoding": "identity"})
    assert plain.content == (WEB / name).read_bytes()
    assert "content-encoding" not in plain.headers
    packed = await file(browser, stack, name, **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    again = await file(browser, stack, name, **{"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_the_calendar_the_page_is_small() -> None:
    assert sum(len(gzip.compress((WEB / name).read_bytes())) for name in OWN) < MOST_BYTES


async def test_the_calendar_comes_from_here_too(stack: Stack, browser: httpx.AsyncClient) -> None:
    for name in ("calendar.js", "calendar.css"):
        assert (await file(browser, stack, name)).status_code == 200


async def test_the_page_is_told_who_may_hand_over_a_token(
    stack: Stack, browser: httpx.AsyncClient
) -> None:
    assert (await file(browser, stack, "page.json")).json() == {
        "origins": stack.settings["RETURN_URL_ORIGINS"].split(),
        "providers": ["outlook", "google"],
    }


@pytest.mark.parametrize(
    "name",
    [
        "package.json",
        "package-lock.json",
        "..%2Ffunction_app.py",
        "%2e%2e%2fhost.json",
        "built",
        "x.js",
        "%00",
        "main.js%00",
    ],
)
async def test_nothing_else_is_served(stack: Stack, browser: httpx.AsyncClient, name: str) -> None:
    assert (await file(browser, stack, name)).status_code == 404
