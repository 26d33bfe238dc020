"""Signing in at Microsoft by a certificate, or by the managed identity, without any secret."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.server import serving
from sandbox.stack import Stack
from tests.certificates import Certificate
from tests.flows.outlook import (
    OLGA,
    Requests,
    add,
    busy_spans,
    connected,
    connection,
    expire,
    key_of,
    look,
    new_mailbox,
    span,
)
from tests.people import Person
from tests.restarting import Restart, restarts

OURS, OTHER = Certificate(), Certificate(days=91)
ISSUER, SUBJECT = "https://login.example.test/tenant/v2.0", "object id of the identity"
IDENTITY = "99999999-8888-7777-6666-555555555555"
HEADER = "secret of the machine"


@pytest.fixture
async def restart(stack: Stack) -> AsyncIterator[Restart]:
    async with restarts(stack) as restart:
        yield restart


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    # Whoever still sends the secret is refused.
    stack.sandbox.world.registration.client_secret = "another"
    return new_mailbox(stack)


async def signs_in_and_is_refreshed(stack: Stack, agent: Person, mailbox: Mailbox) -> None:
    await connected(agent)
    add(mailbox, span(3))
    expire(stack)
    asked = Requests(stack)
    await look(stack, key_of(stack, OLGA))
    assert [request.status for request in asked.tokens()] == [200]
    assert await busy_spans(agent) == [span(3)]
    assert (await connection(agent))["status"] == "connected"


async def refused(agent: Person) -> str:
    return str((await agent.connect(OLGA)).headers["location"])


async def test_a_certificate_signs_in(
    stack: Stack, agent: Person, mailbox: Mailbox, restart: Restart
) -> None:
    stack.sandbox.world.registration.certificates = (OURS.public,)
    await restart(MICROSOFT_CLIENT_SECRET="", MICROSOFT_CLIENT_CERTIFICATE=OURS.pem)
    await signs_in_and_is_refreshed(stack, agent, mailbox)


async def test_one_that_is_not_registered_does_not(
    stack: Stack, agent: Person, mailbox: Mailbox, restart: Restart
) -> None:
    stack.sandbox.world.registration.certificates = (OTHER.public,)
    await restart(MICROSOFT_CLIENT_SECRET="", MICROSOFT_CLIENT_CERTIFICATE=OURS.pem)
    assert "error=operator_fault" in await refused(agent)


class Identities:
    """The endpoint at which App Service gives out tokens of managed identities.

    https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
    """

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.status = 200

    async def answer(self, request: Request) -> Response:
        assert request.headers["x-identity-header"] == HEADER
        self.asked.append(dict(request.query_params))
        if self.status != 200:
            return JSONResponse({"statusCode": self.status}, status_code=self.status)
        ends = int(time.time()) + 24 * 3600
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": SUBJECT,
            "aud": request.query_params["resource"],
            "exp": ends,
        }
        token = jwt.encode(claims, OURS.key, algorithm="RS256")
        return JSONResponse(
            {
                "access_token": token,
                "expires_on": str(ends),
                "resource": request.query_params["resource"],
                "token_type": "Bearer",
                "client_id": request.query_params["client_id"],
            }
        )


@pytest.fixture
async def identities(stack: Stack, restart: Restart) -> AsyncIterator[Identities]:
    found = Identities()
    public = OURS.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    trusted = {"issuer": ISSUER, "subject": SUBJECT, "audience": "api://AzureADTokenExchange"}
    registration = stack.sandbox.world.registration
    registration.federated_credentials = ({**trusted, "publicKey": public.decode()},)
    routes = [Route("/msi/token", found.answer)]
    async with serving(Starlette(routes=routes), "127.0.0.1", 0, None) as port:
        await restart(
            IDENTITY_ENDPOINT=f"http://127.0.0.1:{port}/msi/token",
            IDENTITY_HEADER=HEADER,
            MICROSOFT_CLIENT_SECRET="",
            MICROSOFT_FEDERATED_CLIENT_ID=IDENTITY,
        )
        yield found


async def test_the_managed_identity_signs_in(
    stack: Stack, agent: Person, mailbox: Mailbox, identities: Identities
) -> None:
    await signs_in_and_is_refreshed(stack, agent, mailbox)
    # One token of its own serves all who sign in.
    [asked] = identities.asked
    assert asked["client_id"] == IDENTITY
    assert asked["resource"] == "api://AzureADTokenExchange"


async def test_an_identity_that_is_refused_is_the_operators_fault(
    agent: Person, mailbox: Mailbox, identities: Identities
) -> None:
    identities.status = 400
    assert "error=operator_fault" in await refused(agent)


async def test_where_no_identity_answers_it_may_work_later(
    agent: Person, mailbox: Mailbox, identities: Identities, restart: Restart
) -> None:
    await restart(IDENTITY_ENDPOINT="http://127.0.0.1:1/msi/token")
    assert "error=provider_unavailable" in await refused(agent)
