"""The CRM's users, who call the API over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.crm import token
from sandbox.stack import CRM_ORIGIN
from sandbox.tour.intervals import Interval
from sandbox.tour.outlook import Outlook
from sandbox.tour.unseen import Unseen


class Issuer(Protocol):
    """The CRM, which signs the tokens of its users."""

    @property
    def jwt_secret(self) -> str: ...


class Person:
    """A user of the CRM, at one location."""

    def __init__(
        self, crm: Issuer, http: httpx.AsyncClient, user: str, location: str, name: str
    ) -> None:
        self.user, self.location, self.name = user, location, name
        self._http = http
        self._token = token(crm.jwt_secret, user, {location: "agent"}, name)

    async def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """A call about oneself. Raises Unseen unless it succeeds."""
        path = f"locations/{self.location}/users/{self.user}/{path}"
        return await asked(self._http, self._token, method, path, **kwargs)

    async def connect(
        self, outlook: Outlook, address: str, provider: str = "outlook"
    ) -> dict[str, str]:
        """Signs in and comes back; what the CRM's page is told: `connected`, or `error` and why."""
        begun = await self.call("POST", f"connections/{provider}", json={"returnUrl": CRM_ORIGIN})
        body = {"authorizationUrl": begun.json()["authorizationUrl"], "user": address}
        redirect = (await outlook.ask("POST", "sign-in", json=body))["redirectUrl"]
        cookie = begun.headers["set-cookie"].split(";")[0]
        back = await self._http.get(redirect, headers={"Cookie": cookie})
        if back.status_code != httpx.codes.SEE_OTHER:
            raise Unseen(f"The sign-in ended with {back.status_code}: {back.text}")
        target = urlsplit(back.headers["location"])
        told = parse_qs(target.query) | parse_qs(target.fragment)
        return {name: values[0] for name, values in told.items()}

    async def connection(self, provider: str = "outlook") -> dict[str, Any]:
        """The connection to that provider. Raises Unseen without one."""
        connections = (await self.call("GET", "connections")).json()["connections"]
        found = next((one for one in connections if one["provider"] == provider), None)
        if found is None:
            raise Unseen(f"{self.name} has no {provider.capitalize()} connection.")
        return dict(found)

    async def calendars(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.call("GET", "calendars")).json()["calendars"]
        return found

    async def configure(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Puts a configuration on top of the newest version."""
        etag = (await self.call("GET", "configuration")).headers["etag"]
        answer = await self.call("PUT", "configuration", json=wanted, headers={"If-Match": etag})
        return dict(answer.json())

    async def busy(self, window: Interval) -> dict[str, Any]:
        return await self._within("busy", window)

    async def events(self, window: Interval) -> dict[str, Any]:
        return await self._within("events", window)

    async def _within(self, what: str, window: Interval) -> dict[str, Any]:
        params = {"start": window[0].isoformat(), "end": window[1].isoformat()}
        return dict((await self.call("GET", what, params=params)).json())


async def asked(
    http: httpx.AsyncClient, bearer: str, method: str, path: str, **kwargs: Any
) -> httpx.Response:
    """A call with that token. Raises Unseen unless it succeeds."""
    headers = {"Authorization": f"Bearer {bearer}", **kwargs.pop("headers", {})}
    answer = await http.request(method, path, headers=headers, **kwargs)
    if not answer.is_success:
        raise Unseen(f"{method} {path} was answered with {answer.status_code}: {answer.text}")
    return answer


def blocks_of(answer: Mapping[str, Any]) -> list[Interval]:
    """The busy blocks of an answer."""
    return [(_instant(block["start"]), _instant(block["end"])) for block in answer["busy"]]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
