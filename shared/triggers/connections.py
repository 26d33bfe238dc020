"""Connections of a user at a location: begin, list, end."""

import azure.functions as func

from shared.domain.access import Right
from shared.flows.connect import SIGN_IN_LASTS, begin_connect
from shared.flows.disconnect import disconnect
from shared.flows.member_status import member_status
from shared.settings import settings
from shared.triggers import contract, shown
from shared.triggers.endpoint import Answer, Call, Endpoint, register

blueprint = func.Blueprint()

_CONNECTIONS = "locations/{location}/users/{user}/connections"


@register(
    blueprint,
    Endpoint(
        name="BeginConnect",
        method="POST",
        route=f"{_CONNECTIONS}/{{provider}}",
        summary="Begin to connect an account: send the browser to `authorizationUrl`.",
        right=Right.OWN,
        body=contract.BeginConnect,
        answers={201: contract.ConnectBegun},
        problems=(404, 409, 503),
    ),
)
async def begin(call: Call) -> Answer:
    asked = call.body(contract.BeginConnect)
    begun = await begin_connect(
        call.caller, call.location, call.provider, asked.return_url, call.ports
    )
    body = contract.ConnectBegun(
        authorization_url=begun.authorization_url, expires_at=begun.expires_at
    )
    return Answer(201, body, {"Set-Cookie": _cookie(begun.browser_secret)})


@register(
    blueprint,
    Endpoint(
        name="ListConnections",
        method="GET",
        route=_CONNECTIONS,
        summary="The accounts that are connected, and how they are doing.",
        right=Right.OWN_OR_ADMIN,
        answers={200: contract.Connections},
    ),
)
async def list_(call: Call) -> Answer:
    found = await member_status(call.location, call.user, call.ports)
    return Answer(
        body=contract.Connections(connections=[shown.connection(one) for one in found.connections])
    )


@register(
    blueprint,
    Endpoint(
        name="Disconnect",
        method="DELETE",
        route=f"{_CONNECTIONS}/{{provider}}",
        summary="Disconnect an account; also when that has been done already.",
        right=Right.OWN_OR_ADMIN,
        answers={204: None},
        problems=(404, 503),
    ),
)
async def end(call: Call) -> Answer:
    provider = await call.provider_of_a_connection()
    await disconnect(call.caller, call.location, call.user, provider, call.ports)
    return Answer(204)


def cookie_name() -> str:
    """`__Host-` keeps other hosts of the domain from setting it; browsers take it by https only."""
    return "__Host-sign-in" if _https() else "sign-in"


def _cookie(secret: str) -> str:
    """SameSite=None: the CRM's page is on another site when it begins a sign-in."""
    kind = "Secure; SameSite=None" if _https() else "SameSite=Lax"
    lasts = int(SIGN_IN_LASTS.total_seconds())
    return f"{cookie_name()}={secret}; Path=/; Max-Age={lasts}; HttpOnly; {kind}"


def _https() -> bool:
    return settings().public_base_url.startswith("https://")
