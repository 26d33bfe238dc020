"""Requests to Graph by the official SDK: its builders and middleware, our models for the answers.

The SDK's own models cost some 10 ms of CPU an event, so answers are taken as they come.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import (
    RedirectHandlerOption,
    ResponseHandlerOption,
    RetryHandlerOption,
)
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from pydantic import BaseModel, ValidationError

from shared import metrics
from shared.errors import ProviderSilent, ProviderUnavailable
from shared.providers.base import AccessToken
from shared.providers.outlook.answers import meaning
from shared.providers.outlook.wire import Page

Model = TypeVar("Model", bound=BaseModel)

PREFER = ('IdType="ImmutableId"', 'outlook.timezone="UTC"', 'outlook.body-content-type="text"')
"""On every request: immutable ids survive a move within the mailbox; times come in UTC.
https://learn.microsoft.com/graph/outlook-immutable-id"""


_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Anonymous(AuthenticationProvider):
    """The token is set by `GraphClient`, for the configured host only."""

    async def authenticate_request(
        self, request: RequestInformation, additional_authentication_context: object = None
    ) -> None:
        return


class Graph:
    """What all accounts share: connections, middleware and the builders of the SDK."""

    def __init__(
        self, base_url: str, http: httpx.AsyncClient, clock: Callable[[], datetime]
    ) -> None:
        # The SDK's own retries sleep in place; here a step that must wait goes back to its queue.
        middleware = {
            **options,
            RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0, should_retry=False),
            RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
        }
        client = GraphClientFactory.create_with_default_middleware(client=http, options=middleware)
        self.adapter = GraphRequestAdapter(_Anonymous(), client=client)
        self.adapter.base_url = base_url
        self.builders = GraphServiceClient(request_adapter=self.adapter)
        # Making the builders sets the address of the public cloud.
        self.adapter.base_url = base_url
        parts = urlsplit(base_url)
        self.origin = (parts.scheme, parts.netloc)
        self.clock = clock


class GraphClient:
    """Requests of one account, one after the other."""

    def __init__(self, graph: Graph, token: AccessToken) -> None:
        self._graph = graph
        self._token = token
        self.requests = 0

    @property
    def builders(self) -> GraphServiceClient:
        return self._graph.builders

    async def get(self, request: RequestInformation, model: type[Model]) -> Model:
        """The answer as a model. Raises the errors of answers.py."""
        return self.read(await self.send(request), model)

    @staticmethod
    def read(response: httpx.Response, model: type[Model]) -> Model:
        try:
            return _parsed(model, response.content)
        except ValidationError as error:
            raise ProviderUnavailable(
                f"Graph's answer is not a {model.__name__}: {error.error_count()} errors"
            ) from None

    async def follow(self, link: str, model: type[Model], prefer: str | None = None) -> Model:
        """Goes on by a link that Graph gave, which stays as it is.

        A link to another host is not followed: it would be given the user's token.
        """
        parts = urlsplit(link)
        if (parts.scheme, parts.netloc) != self._graph.origin:
            raise ProviderUnavailable("Graph's link leads to another host.")
        request = RequestInformation(method=Method.GET)
        request.url = link
        return await self.get(prepared(request, prefer), model)

    async def send(self, request: RequestInformation) -> httpx.Response:
        """Sends with a token, and once more with another if that one is refused."""
        token = await self._token(None)
        response = await self._sent(request, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = await self._sent(request, await self._token(token))
        if response.is_success:
            return response
        raise meaning(
            response.status_code,
            response.headers,
            response.content,
            self._graph.clock(),
            conditional="if-match" in response.request.headers,
        )

    async def _sent(self, request: RequestInformation, token: str) -> httpx.Response:
        request.headers.try_add("Accept", "application/json")
        request.headers.remove("Authorization")
        request.headers.add("Authorization", f"Bearer {token}")
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        self.requests += 1
        answer = None
        try:
            answer = await self._graph.adapter.send_primitive_async(request, "bytes", {})
        except _NOT_SENT as error:
            raise ProviderUnavailable(f"Graph is not reached: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise ProviderSilent(f"Graph did not answer: {type(error).__name__}") from None
        finally:
            status = answer.status_code if isinstance(answer, httpx.Response) else None
            metrics.answered("outlook", status)
        if not isinstance(answer, httpx.Response):
            raise ProviderUnavailable("Graph's answer is not one.")
        return answer


def _parsed(model: type[Model], content: bytes) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        if not issubclass(model, Page):
            raise
        return model.salvaged(content)


def prepared(request: RequestInformation, prefer: str | None = None) -> RequestInformation:
    """Adds what every request prefers, and `prefer` for this one."""
    wishes = (*PREFER, prefer) if prefer else PREFER
    headers = HeadersCollection()
    headers.add("Prefer", ", ".join(wishes))
    request.headers.add_all(headers)
    return request
