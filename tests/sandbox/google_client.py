"""Callers of the Google stand-in: over plain http, and with Google's own client library."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import google_auth_httplib2
import httplib2
import httpx
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.server import RunningSandbox, serving

GINA = "gina.work@fabrikam.example"
HUGO = "hugo.work@fabrikam.example"
GREG = "greg.home@gmail.example"
EVENTS = "/calendar/v3/calendars/primary/events"


def timed(day: str = "2027-03-01", start: str = "10:00", end: str = "11:00") -> dict[str, Any]:
    return {
        "start": {"dateTime": f"{day}T{start}:00Z"},
        "end": {"dateTime": f"{day}T{end}:00Z"},
    }


def all_day(first: str, after: str) -> dict[str, Any]:
    return {"start": {"date": first}, "end": {"date": after}}


def weekly(day: str = "2027-03-01", zone: str = "Europe/London", **more: Any) -> dict[str, Any]:
    return {
        "summary": "Weekly",
        "start": {"dateTime": f"{day}T09:00:00", "timeZone": zone},
        "end": {"dateTime": f"{day}T09:30:00", "timeZone": zone},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=6"],
        **more,
    }


class Caller:
    """One account's requests with a bearer token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http, self.headers = http, {"Authorization": f"Bearer {token}"}

    async def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, path, json=body, headers=self.headers | named)

    async def get(self, path: str, status: int = 200, **params: Any) -> dict[str, Any]:
        answer = await self.http.get(path, params=params, headers=self.headers)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def post(self, path: str, body: Any, status: int = 200) -> dict[str, Any]:
        answer = await self.send("POST", path, body)
        assert answer.status_code == status, answer.text
        return dict(answer.json()) if answer.content else {}

    async def patch(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        answer = await self.send("PATCH", path, body, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def round(self, path: str = EVENTS, **params: Any) -> tuple[list[Any], str, list[Any]]:
        """All items of a list, its sync token, and its pages."""
        pages: list[Any] = []
        page = await self.get(path, **params)
        pages.append(page)
        while "nextPageToken" in page:
            assert "nextSyncToken" not in page
            assert len(pages) < 500
            page = await self.get(path, **params, pageToken=page["nextPageToken"])
            pages.append(page)
        items = [item for one in pages for item in one["items"]]
        return items, page.get("nextSyncToken", ""), pages


def caller(sandbox: RunningSandbox, http: httpx.AsyncClient, address: str, **more: str) -> Caller:
    return Caller(http, sandbox.world.google.access_token(address, **more))


def library(sandbox: RunningSandbox, address: str) -> Any:
    """Google's client for Calendar v3, from the discovery document that it ships."""
    credentials = Credentials(sandbox.world.google.access_token(address))
    plain = httplib2.Http(ca_certs=str(sandbox.ca_file), proxy_info=None)
    return build(
        "calendar",
        "v3",
        http=google_auth_httplib2.AuthorizedHttp(credentials, http=plain),
        static_discovery=True,
        client_options={"api_endpoint": f"{sandbox.https_url}/calendar/v3/"},
    )


@dataclass
class Listener:
    """An address for channel messages: what came, and how it answers."""

    url: str = ""
    got: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def states(self, channel: str) -> list[str]:
        mine = [one for one in self.got if one["x-goog-channel-id"] == channel]
        return [one["x-goog-resource-state"] for one in mine]

    async def has(self, state: str) -> None:
        """Wait until a message with that state came."""
        async with asyncio.timeout(60):
            while state not in [one["x-goog-resource-state"] for one in self.got]:
                self._news.clear()
                await self._news.wait()

    async def answer(self, request: Request) -> Response:
        self.got.append(dict(request.headers))
        self._news.set()
        self.bodies.append(await request.body())
        return Response(status_code=self.statuses.pop(0) if self.statuses else 204)


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    made = Listener()
    app = Starlette(routes=[Route("/{rest:path}", made.answer, methods=["POST"])])
    async with serving(app, "127.0.0.1", 0, None) as port:
        made.url = f"http://127.0.0.1:{port}/google"
        yield made


async def run(work: Callable[[], Any]) -> Any:
    """Do blocking work beside the server's loop."""
    return await asyncio.to_thread(work)
