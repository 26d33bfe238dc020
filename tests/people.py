"""People of the CRM who use the API over HTTP, and sign in at the sandbox."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.crm import token
from sandbox.stack import Stack

ADELE = "adele.vance@contoso.example"
ALEX = "alex.wilber@contoso.example"
MEGAN = "megan.bowen@contoso.example"
PAT = "pat.example@outlook.example"
GINA = "gina.work@fabrikam.example"
HUGO = "hugo.work@fabrikam.example"
GREG = "greg.home@gmail.example"
NORA = "nora.mail@fabrikam.example"
RETURN_URL = "http://localhost:3000/integrations?tab=mine"
PATIENCE = 120
"""Seconds after which a wait is given up: far more than a busy machine needs."""


class Person:
    """A user of the CRM with a token; paths are relative to their own place at `location`."""

    def __init__(
        self, stack: Stack, user: str, locations: Mapping[str, str], name: str = ""
    ) -> None:
        self.stack = stack
        self.user = user
        self.location = next(iter(locations), "")
        self.token = token(stack.jwt_secret, user, locations, name)
        self.http = httpx.AsyncClient(
            base_url=stack.api, verify=False, trust_env=False, timeout=PATIENCE
        )
        self.sandbox = httpx.AsyncClient(
            base_url=stack.sandbox.http_url, verify=False, trust_env=False, timeout=PATIENCE
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.http.aclose()
        await self.sandbox.aclose()

    def path(self, rest: str, user: str | None = None, location: str | None = None) -> str:
        return f"/locations/{location or self.location}/users/{user or self.user}/{rest}"

    async def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """A call with the person's token; `path` from the root of the API."""
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **kwargs)

    async def begin(
        self,
        location: str | None = None,
        return_url: str | None = RETURN_URL,
        provider: str = "outlook",
    ) -> httpx.Response:
        body = {"returnUrl": return_url} if return_url else {}
        path = self.path(f"connections/{provider}", location=location)
        return await self.call("POST", path, json=body)

    async def sign_in(
        self, authorization_url: str, address: str, consent: str | list[str] = "accept"
    ) -> str:
        """Signs in at the sandbox; returns the address that the browser is sent to."""
        body = {"authorizationUrl": authorization_url, "user": address, "consent": consent}
        answer = await self.sandbox.post("/sandbox/sign-in", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["redirectUrl"])

    async def back(self, redirect_url: str, cookie: str | None) -> httpx.Response:
        """The browser at our callback."""
        return await self.http.get(redirect_url, headers={"Cookie": cookie} if cookie else {})

    async def connect(
        self,
        address: str,
        *,
        provider: str = "outlook",
        location: str | None = None,
        consent: str | list[str] = "accept",
        return_url: str | None = RETURN_URL,
    ) -> httpx.Response:
        """The whole sign-in; returns the callback's answer."""
        begun = await self.begin(location, return_url, provider)
        assert begun.status_code == 201, begun.text
        redirect = await self.sign_in(begun.json()["authorizationUrl"], address, consent)
        return await self.back(redirect, cookie_of(begun))

    async def calendars(self, user: str | None = None) -> dict[str, dict[str, Any]]:
        """The calendars that may be chosen, by name."""
        answer = await self.call("GET", self.path("calendars", user))
        assert answer.status_code == 200, answer.text
        return {found["name"]: found for found in answer.json()["calendars"]}

    async def configure(
        self, body: Mapping[str, Any], *, user: str | None = None, location: str | None = None
    ) -> httpx.Response:
        """Puts a configuration on top of the newest version."""
        path = self.path("configuration", user, location)
        etag = (await self.call("GET", path)).headers["etag"]
        return await self.call("PUT", path, json=body, headers={"If-Match": etag})

    async def choose(
        self, primary: str | None, *conflicts: str, user: str | None = None, **policy: Any
    ) -> None:
        """Chooses calendars by name and waits until they have been read."""
        found = await self.calendars(user)
        body = {
            "primary": choice(found[primary]) if primary else None,
            "conflicts": [choice(found[name]) for name in conflicts],
            **policy,
        }
        answer = await self.configure(body, user=user)
        assert answer.status_code == 200, answer.text
        await self.settled()

    async def settled(self) -> None:
        """Waits until notifications are delivered and the queues have been worked off."""
        await self.stack.sandbox.world.deliveries_idle(PATIENCE)
        await self.stack.host.wait_idle(PATIENCE)

    async def busy(
        self, start: datetime | None = None, days: int = 30, user: str | None = None
    ) -> dict[str, Any]:
        """Busy time for `days` from `start`, or from now."""
        return await self._range("busy", start, days, user)

    async def events(
        self, start: datetime | None = None, days: int = 30, user: str | None = None
    ) -> dict[str, Any]:
        return await self._range("events", start, days, user)

    async def _range(
        self, what: str, start: datetime | None, days: int, user: str | None
    ) -> dict[str, Any]:
        begin = start or datetime.now(UTC)
        params = {"start": begin.isoformat(), "end": (begin + timedelta(days=days)).isoformat()}
        answer = await self.call("GET", self.path(what, user), params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def cookie_of(begun: httpx.Response) -> str:
    """The cookie that binds the sign-in to the browser, as a browser sends it back."""
    return begun.headers["set-cookie"].split(";")[0]


def choice(calendar: Mapping[str, Any]) -> dict[str, str]:
    return {"provider": calendar["provider"], "calendarId": calendar["calendarId"]}
