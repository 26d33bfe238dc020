"""A caller for the Graph routes of the sandbox, signed in by a tiny middleware."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from sandbox.microsoft.graph import routes
from sandbox.microsoft.mailbox import Event, Mailbox

BASE = "https://graph.test/v1.0"
WINDOW = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"


@dataclass
class User:
    id: str = "user-1"
    display_name: str = "Adele Vance"
    mail: str = "adele@contoso.test"
    user_principal_name: str = "adele@contoso.test"
    tenant_id: str = "tenant-1"
    personal: bool = False


class SignedIn:
    def __init__(self, app: Any, mailbox: Mailbox | None) -> None:
        self.app, self.mailbox = app, mailbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {}).update(mailbox=self.mailbox, user=User())
        await self.app(scope, receive, send)


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Caller:
    mailbox: Mailbox | None
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        app = Starlette(routes=routes())
        app.add_middleware(SignedIn, mailbox=self.mailbox)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=BASE, verify=False
        )

    async def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        url = path if path.startswith("http") else f"{BASE}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, url, json=body, headers=named)

    async def get(self, path: str, status: int = 200, **headers: str) -> dict[str, Any]:
        return self._checked(await self.send("GET", path, **headers), status)

    async def post(self, path: str, body: Any, status: int = 201, **headers: str) -> dict[str, Any]:
        return self._checked(await self.send("POST", path, body, **headers), status)

    @staticmethod
    def _checked(response: httpx.Response, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        return dict(response.json()) if response.content else {}

    async def round(
        self, link: str = f"/me/calendarView/delta?{WINDOW}", **headers: str
    ) -> tuple[list[dict[str, Any]], str, list[list[dict[str, Any]]]]:
        """Walk a round: its items, its deltaLink, and its pages."""
        pages: list[list[dict[str, Any]]] = []
        while len(pages) < 5000:
            body = await self.get(link, **headers)
            pages.append(body["value"])
            assert ("@odata.nextLink" in body) != ("@odata.deltaLink" in body)
            if "@odata.deltaLink" in body:
                return [item for page in pages for item in page], body["@odata.deltaLink"], pages
            link = body["@odata.nextLink"]
        raise AssertionError("the round did not end")


def mailbox(clock: Clock | None = None, **given: Any) -> Mailbox:
    fields = {"address": "adele@contoso.test", "display_name": "Adele Vance"}
    return Mailbox(**{**fields, "time_zone": "Europe/Berlin", "clock": clock or Clock(), **given})


def add(box: Mailbox, subject: str, start: str, hours: float = 1, **given: Any) -> Event:
    begins = datetime.fromisoformat(start)
    begins = begins if begins.tzinfo else begins.replace(tzinfo=UTC)
    given.setdefault("end", begins + timedelta(hours=hours))
    return box.create_event(subject=subject, start=begins, **given)


def weekly(*days: str, start: str = "2026-11-02", zone: str = "UTC", **span: Any) -> dict[str, Any]:
    """Give a weekly recurrence without end, or as `span` says."""
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": list(days)},
        "range": {"type": "noEnd", "startDate": start, "recurrenceTimeZone": zone, **span},
    }


def body(subject: str, start: str, end: str, zone: str = "UTC", **more: Any) -> dict[str, Any]:
    """Give the JSON of an event to create."""
    return {
        "subject": subject,
        "start": {"dateTime": start, "timeZone": zone},
        "end": {"dateTime": end, "timeZone": zone},
        **more,
    }


def in_path(item_id: str) -> str:
    return quote(item_id, safe="")


def of_type(items: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in items if item.get("type") == kind]
