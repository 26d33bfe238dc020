"""A stand-in for Azure Key Vault: the keys of one vault, over HTTPS, as the SDK meets them.

https://learn.microsoft.com/rest/api/keyvault/keys
"""

import base64
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport
from azure.keyvault.keys.aio import KeyClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.server import serving
from shared.credentials.key_vault import WAITS, KeyVaultKey

HOST = "crm.vault.azure.net"
KEY_ID = f"https://{HOST}/keys/tokens"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_CHALLENGE = (
    'Bearer authorization="https://login.example.test/tenant", resource="https://vault.azure.net"'
)


class StandInVault:
    """`requests` counts all that came; `asked` are the operations that were carried out.

    `scopes` are those of the tokens that were asked for. `always` is a status that comes in place
    of its own, with `Retry-After`. `down`: no connection opens.
    """

    def __init__(self) -> None:
        self.versions: dict[str, rsa.RSAPrivateKey] = {}
        self.disabled: set[str] = set()
        self.expired = False
        self.always: int | None = None
        self.down = False
        self.requests = 0
        self.asked: list[str] = []
        self.scopes: set[str] = set()
        self.rotate()

    def rotate(self) -> str:
        """A new version, from now on the newest."""
        version = secrets.token_hex(16)
        self.versions[version] = rsa.generate_private_key(65537, 2048)
        return version

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """It is its own credential."""
        self.scopes.update(scopes)
        return AccessToken("good", int(time.time()) + 3600)

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        if request.headers.get("authorization") != "Bearer good":
            return Response(status_code=401, headers={"WWW-Authenticate": _CHALLENGE})
        if self.always is not None:
            return JSONResponse(
                {"error": {"code": "Told", "message": "So it was told."}},
                status_code=self.always,
                headers={"Retry-After": "60"},
            )
        version, _, operation = request.path_params["rest"].partition("/")
        return self._done(request.path_params["name"], version, operation, await _json(request))

    def _done(self, name: str, version: str, operation: str, body: Any) -> Response:
        version = version or list(self.versions)[-1]
        if name != "tokens" or version not in self.versions:
            return _error(404, "KeyNotFound")
        if version in self.disabled:
            return _error(403, "Forbidden")
        self.asked.append(operation or "get")
        kid, key = f"{KEY_ID}/{version}", self.versions[version]
        if operation == "unwrapkey":
            try:
                opened = key.decrypt(_bytes(body["value"]), _OAEP)
            except ValueError:
                return _error(400, "BadParameter")
            return JSONResponse({"kid": kid, "value": _text(opened)})
        if operation == "wrapkey" and self.expired:
            return _error(403, "Forbidden")
        return JSONResponse(_bundle(kid, key, self.expired))


@asynccontextmanager
async def stand_in_vault(folder: Path) -> AsyncIterator[tuple[StandInVault, KeyVaultKey]]:
    """A running one, and our way to its key by the real SDK over TLS."""
    vault, authority = StandInVault(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    ca_file = folder / "vault-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    routes = [Route("/keys/{name}/{rest:path}", vault.answer, methods=["GET", "POST"])]
    async with (
        serving(Starlette(routes=routes), "127.0.0.1", 0, context) as port,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_Resolver(vault, port), use_dns_cache=False, force_close=True
            )
        ) as session,
    ):
        client = KeyClient(
            f"https://{HOST}",
            vault,
            transport=AioHttpTransport(
                session=session, session_owner=False, connection_verify=str(ca_file)
            ),
            **WAITS,
        )
        yield vault, KeyVaultKey(KEY_ID, client)


class _Resolver(AbstractResolver):
    """The vault's name leads to this computer."""

    def __init__(self, vault: StandInVault, port: int) -> None:
        self._vault, self._port = vault, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if self._vault.down or host != HOST:
            raise OSError(f"{host} is not known")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _bundle(kid: str, key: rsa.RSAPrivateKey, expired: bool) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    attributes = {"enabled": True, "created": 1772366400, "updated": 1772366400}
    return {
        "key": {
            "kid": kid,
            "kty": "RSA",
            "key_ops": ["wrapKey", "unwrapKey"],
            "n": _text(numbers.n.to_bytes(256, "big")),
            "e": _text(numbers.e.to_bytes(3, "big")),
        },
        "attributes": {**attributes, "exp": 1772366401} if expired else attributes,
    }


def _error(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": code}}, status_code=status)


async def _json(request: Request) -> Any:
    return await request.json() if await request.body() else None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
