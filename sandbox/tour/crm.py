"""The CRM's service at one location: what it asks of the API, and what its webhook was told."""

from collections.abc import Mapping
from typing import Any

import httpx

from sandbox.crm import token
from sandbox.stack import Service
from sandbox.tour.client import asked
from sandbox.tour.outlook import Outlook

Change = dict[str, Any]
_PAGE = 5


class Crm:
    """Appointments and changes of one location. What is answered otherwise than well is Unseen."""

    def __init__(
        self, service: Service, http: httpx.AsyncClient, sandbox: Outlook, location: str
    ) -> None:
        self._http, self._sandbox, self._location = http, sandbox, location
        self._token = token(service.jwt_secret, "crm", {location: "service"})

    async def put(self, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps the appointment; the answer."""
        return dict((await self._call("PUT", f"appointments/{name}", json=wanted)).json())

    async def appointment(self, name: str) -> dict[str, Any]:
        return dict((await self._call("GET", f"appointments/{name}")).json())

    async def feed(self) -> list[Change]:
        """All changes of the location, page by page, from the start."""
        found: list[Change] = []
        asked_for: dict[str, str | int] = {"limit": _PAGE}
        while True:
            page = (await self._call("GET", "changes", params=asked_for)).json()
            if not page["changes"]:
                return found
            found += page["changes"]
            asked_for["after"] = page["next"]

    async def told(self, kind: str | None = None, subject: str | None = None) -> list[Change]:
        """What came by webhook and was verified, each change once, of a type and about an id."""
        wanted = {"type": kind, "subject": subject}
        params = {name: value for name, value in wanted.items() if value is not None}
        found: list[Change] = (await self._sandbox.ask("GET", "crm/changes", params=params))[
            "value"
        ]
        return found

    async def unverified(self) -> int:
        """How many webhooks did not prove that they came from the service."""
        return len((await self._sandbox.ask("GET", "crm/refused"))["value"])

    async def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        path = f"locations/{self._location}/{path}"
        return await asked(self._http, self._token, method, path, **kwargs)
