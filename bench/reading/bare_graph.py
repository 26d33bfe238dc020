"""Graph asked by httpx and read by orjson: the least that a client in Python can do.

What the others of a comparison share is here too: a token, and connections as the application makes
them, HTTP/1.1 over TLS with the same trust.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from bench.place import Place
from shared.domain.model import Window
from shared.providers.outlook.client import PREFER
from shared.providers.outlook.pages import PAGE_SIZE
from shared.services.trust import tls

WISHES = ", ".join(PREFER)
DELTA_WISHES = f"{WISHES}, odata.maxpagesize={PAGE_SIZE}"
"""What the application prefers, in general and of a delta."""


@dataclass(frozen=True)
class Access:
    """A user's token, and where it counts."""

    base: str
    token: str
    ca_file: Path

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def access(place: Place, address: str) -> Access:
    """A token of the sandbox, without a sign-in."""
    given = {"user": address, "scopes": "Calendars.ReadWrite"}
    token = await place.outlook.ask("POST", "entra/access-token", json=given)
    base = place.environ["GRAPH_BASE_URL"]
    return Access(base, token["accessToken"], place.sandbox.ca_file)


@contextlib.asynccontextmanager
async def connections(to: Access) -> AsyncIterator[httpx.AsyncClient]:
    """For one client alone, with the token on every request."""
    transport = httpx.AsyncHTTPTransport(verify=tls(str(to.ca_file)), trust_env=False)
    async with httpx.AsyncClient(
        transport=transport, trust_env=False, timeout=60, headers=to.bearer
    ) as http:
        yield http


class BareGraph:
    """`bytes` is how much the last reading has brought."""

    def __init__(self, to: Access, http: httpx.AsyncClient) -> None:
        self._calendars, self._http = f"{to.base}/me/calendars", http
        self.bytes = 0

    async def delta(self, calendar: str, window: Window) -> list[Any]:
        """All pages of a full round, asked for as the application asks."""
        link = f"{self._calendars}/{quote(calendar)}/calendarView/delta()?{_query(window)}"
        return await self._pages(link, DELTA_WISHES)

    async def view(
        self, calendar: str, window: Window, fields: Sequence[str], top: int
    ) -> list[Any]:
        more = f"&$top={top}&$select={','.join(fields)}"
        link = f"{self._calendars}/{quote(calendar)}/calendarView?{_query(window)}{more}"
        return await self._pages(link, WISHES)

    async def touch(self) -> None:
        """A small request, so that the connection is open."""
        (await self._http.get(self._calendars)).raise_for_status()

    async def _pages(self, first: str, wishes: str) -> list[Any]:
        items: list[Any] = []
        link: str | None = first
        self.bytes = 0
        while link is not None:
            answer = await self._http.get(link, headers={"Prefer": wishes})
            answer.raise_for_status()
            self.bytes += len(answer.content)
            page = orjson.loads(answer.content)
            items += page["value"]
            link = page.get("@odata.nextLink")
        return items


def ends(window: Window) -> tuple[str, str]:
    """As they stand in an address."""
    return f"{window.start:%Y-%m-%dT%H:%M:%SZ}", f"{window.end:%Y-%m-%dT%H:%M:%SZ}"


def _query(window: Window) -> str:
    start, end = ends(window)
    return f"startDateTime={start}&endDateTime={end}"
