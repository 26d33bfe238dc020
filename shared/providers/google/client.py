"""Requests to Google Calendar, with our own models for the answers.

On the HTTP library that is there anyway: why, says docs/decisions/0019-google-calls.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from shared import metrics
from shared.errors import ProviderSilent, ProviderUnavailable
from shared.providers.base import AccessToken
from shared.providers.google.answers import meaning, refuses_token
from shared.providers.google.wire import Page

Model = TypeVar("Model", bound=BaseModel)
Parameters = Mapping[str, str | int | bool]
Path = tuple[str, ...]

_SERVICE = "calendar/v3"
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# Google compresses only for those who also name it here:
# https://developers.google.com/workspace/calendar/api/guides/performance#gzip
_AGENT = "calendar-sync (gzip)"


@dataclass(frozen=True, slots=True)
class Google:
    """What all accounts share. `base_url` is the setting GOOGLE_API_BASE_URL."""

    base_url: str
    http: httpx.AsyncClient
    clock: Callable[[], datetime]


class GoogleClient:
    """Requests of one account, one after the other."""

    def __init__(self, google: Google, token: AccessToken) -> None:
        self._google = google
        self._token = token
        self.requests = 0

    @property
    def now(self) -> datetime:
        return self._google.clock()

    async def get(
        self, path: Path, model: type[Model], parameters: Parameters | None = None
    ) -> Model:
        """The answer as a model. Raises the errors of answers.py."""
        return read(await self.send("GET", path, parameters), model)

    async def send(
        self,
        method: str,
        path: Path,
        parameters: Parameters | None = None,
        body: Mapping[str, Any] | None = None,
        entity_tag: str | None = None,
    ) -> httpx.Response:
        """Sends with a token, and once more with another if that one is refused."""
        request = self._request(method, path, parameters, body)
        if entity_tag is not None:
            request.headers["If-Match"] = entity_tag
        token = await self._token(None)
        response = await self._sent(request, token)
        if refuses_token(response.status_code, response.content):
            response = await self._sent(request, await self._token(token))
        if response.is_success:
            return response
        raise meaning(
            response.status_code,
            response.headers,
            response.content,
            self.now,
            conditional=entity_tag is not None,
        )

    def _request(
        self,
        method: str,
        path: Path,
        parameters: Parameters | None,
        body: Mapping[str, Any] | None,
    ) -> httpx.Request:
        """Ids hold characters that mean something else in an address, such as `#`."""
        base = self._google.base_url.rstrip("/")
        url = "/".join((base, _SERVICE, *(quote(part, safe="") for part in path)))
        request = self._google.http.build_request(method, url, params=parameters, json=body)
        request.headers.update({"Accept": "application/json", "User-Agent": _AGENT})
        return request

    async def _sent(self, request: httpx.Request, token: str) -> httpx.Response:
        """Redirects are not followed: where they lead would be given the user's token."""
        request.headers["Authorization"] = f"Bearer {token}"
        self.requests += 1
        answer = None
        try:
            answer = await self._google.http.send(request, follow_redirects=False)
        except _NOT_SENT as error:
            raise ProviderUnavailable(f"Google is not reached: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise ProviderSilent(f"Google did not answer: {type(error).__name__}") from None
        finally:
            metrics.answered("google", answer.status_code if answer is not None else None)
        return answer


def read(response: httpx.Response, model: type[Model]) -> Model:
    try:
        return _parsed(model, response.content)
    except ValidationError as error:
        raise ProviderUnavailable(
            f"Google's answer is not a {model.__name__}: {error.error_count()} errors"
        ) from None


def _parsed(model: type[Model], content: bytes) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        if not issubclass(model, Page):
            raise
        return model.salvaged(content)
