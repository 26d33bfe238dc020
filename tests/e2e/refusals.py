"""What a refusal looks like, and that it leaves nothing behind."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.people import RETURN_URL
from tests.storage import Row, Storage


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is problem+json (RFC 9457) with that status and code; returns it."""
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def assert_sent_back(answer: httpx.Response, code: str) -> str:
    """The browser goes back to the CRM with that error; returns the sentence for people."""
    assert answer.status_code == 303, answer.text
    to = urlsplit(answer.headers["location"])
    asked = urlsplit(RETURN_URL)
    assert (to.scheme, to.netloc, to.path) == (asked.scheme, asked.netloc, asked.path)
    query = parse_qs(to.query)
    assert query["error"] == [code]
    assert "connected" not in query
    assert query["tab"] == ["mine"]
    [sentence] = parse_qs(to.fragment)["error_description"]
    return sentence


def assert_page(answer: httpx.Response, sentence: str) -> None:
    """A small page that says why nothing was connected; nothing sends the browser anywhere."""
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "location" not in answer.headers
    assert "Not connected" in answer.text
    assert sentence in answer.text


@contextlib.asynccontextmanager
async def nothing_kept(storage: Storage) -> AsyncIterator[None]:
    """Storage is as before: every row with all its values, and no queue holds more.

    One may hold less: a message that was delayed before may fall due meanwhile.
    """
    rows, messages = await storage.rows(), await storage.messages()
    yield
    assert await storage.rows() == rows
    assert _added(messages, await storage.messages()) == {}


@contextlib.asynccontextmanager
async def nothing_kept_but_the_used_state(storage: Storage) -> AsyncIterator[None]:
    """As `nothing_kept`, but the row of the sign-in that was begun is gone."""
    rows, messages = await storage.rows(), await storage.messages()
    begun = [row for row in rows if row[0] == "signins"]
    assert len(begun) == 1
    yield
    assert await storage.rows() == {row: kept for row, kept in rows.items() if row not in begun}
    assert _added(messages, await storage.messages()) == {}


def _added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """By queue, how many messages came."""
    return {name: n - before.get(name, 0) for name, n in after.items() if n > before.get(name, 0)}


def of_sign_ins(rows: dict[Row, Any]) -> list[Row]:
    return [row for row in rows if row[0] == "signins"]
