"""Graph asked by msgraph-sdk as it comes: its middleware, its builders, its models."""

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from msgraph.generated.models.event import Event
from msgraph.generated.users.item.calendars.item.calendar_view import (
    calendar_view_request_builder as view,
)
from msgraph.generated.users.item.calendars.item.calendar_view.delta import (
    delta_request_builder as delta,
)
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from bench.reading.bare_graph import DELTA_WISHES, WISHES, Access, ends
from shared.domain.model import Window

_ViewParameters = view.CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters
_DeltaParameters = delta.DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters


class TypedGraph:
    """`http` sets the token."""

    def __init__(self, to: Access, http: httpx.AsyncClient) -> None:
        client = GraphClientFactory.create_with_default_middleware(client=http, options=options)
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), client=client)
        self._calendars = GraphServiceClient(request_adapter=adapter).me.calendars
        adapter.base_url = to.base  # making the builders has set that of the public cloud

    async def delta(self, calendar: str, window: Window) -> list[Event]:
        """All pages of a full round."""
        builder = self._calendars.by_calendar_id(calendar).calendar_view.delta
        start, end = ends(window)
        page = await builder.get(
            RequestConfiguration(
                query_parameters=_DeltaParameters(start_date_time=start, end_date_time=end),
                headers=_headers(DELTA_WISHES),
            )
        )
        events: list[Event] = []
        while page is not None:
            events += page.value or ()
            if page.odata_next_link is None:
                break
            page = await builder.with_url(page.odata_next_link).get(
                RequestConfiguration(headers=_headers(DELTA_WISHES))
            )
        return events

    async def view(self, calendar: str, window: Window, fields: list[str], top: int) -> list[Event]:
        """The first page of it."""
        start, end = ends(window)
        page = await self._calendars.by_calendar_id(calendar).calendar_view.get(
            RequestConfiguration(
                query_parameters=_ViewParameters(
                    start_date_time=start, end_date_time=end, top=top, select=fields
                ),
                headers=_headers(WISHES),
            )
        )
        return list(page.value or ()) if page is not None else []


def _headers(wishes: str) -> HeadersCollection:
    headers = HeadersCollection()
    headers.add("Prefer", wishes)
    return headers
