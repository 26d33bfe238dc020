"""Google's sign-in server: where its endpoints are, and posting to them.

https://developers.google.com/identity/openid-connect/openid-connect#discovery
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import OperatorFault, ProviderUnavailable
from shared.providers.google.sign_in_errors import meaning

Model = TypeVar("Model", bound=BaseModel)

_OVER = frozenset({"invalid_token", "invalid_grant"})


class Endpoints(BaseModel):
    """What is used of the discovery document."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str


class GoogleServer:
    """Raises ProviderUnavailable wherever trying later may help."""

    def __init__(self, base_url: str, http: httpx.AsyncClient) -> None:
        self._base_url, self._http = base_url, http
        self._endpoints: Endpoints | None = None

    async def endpoints(self) -> Endpoints:
        """Where everything is, asked for once in a process."""
        if self._endpoints is None:
            url = f"{self._base_url}/.well-known/openid-configuration"
            found = _read(Endpoints, await self._asked("GET", url))
            if found.issuer != self._base_url:
                raise OperatorFault("GOOGLE_AUTH_BASE_URL is not the issuer that it names.")
            self._endpoints = found
        return self._endpoints

    async def keys(self) -> jwt.PyJWKSet:
        """The keys that sign now. Read for each sign-in, for Google changes them regularly."""
        answer = await self._asked("GET", (await self.endpoints()).jwks_uri)
        try:
            return jwt.PyJWKSet.from_json(answer.text)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            raise _unusable() from None

    async def token(self, form: Mapping[str, str], model: type[Model]) -> Model:
        """The answer of the token endpoint. Raises what the error in it means."""
        answer = await self._asked("POST", (await self.endpoints()).token_endpoint, form)
        if answer.status_code != HTTPStatus.OK:
            raise meaning(_error(answer))
        return _read(model, answer)

    async def revoke(self, token: str) -> None:
        """Ends the grant of a token; one that is over already is no error."""
        url = (await self.endpoints()).revocation_endpoint
        answer = await self._asked("POST", url, {"token": token})
        if answer.status_code != HTTPStatus.OK:
            error = _error(answer)
            if error["error"] not in _OVER:
                raise meaning(error)

    async def _asked(
        self, method: str, url: str, form: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = await self._http.request(method, url, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable(
                f"Google sign-in did not answer: {type(error).__name__}"
            ) from None
        busy = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        if busy or answer.is_server_error or (method == "GET" and not answer.is_success):
            raise ProviderUnavailable("Google sign-in is not available right now.")
        return answer


def _read(model: type[Model], answer: httpx.Response) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:  # its text quotes the answer, tokens included
        raise _unusable() from None


def _error(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise _unusable() from None
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        raise _unusable()
    return body


def _unusable() -> ProviderUnavailable:
    return ProviderUnavailable("Google sign-in gave no usable answer.")
