"""A fault cuts the connection that the request came on, and no other."""

import asyncio
import contextlib
import socket
import ssl
from urllib.parse import urlsplit

import httpx

from sandbox.server import RunningSandbox


async def opened(
    url: str, address: tuple[str, int] | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from that address; one can lead to each of several servers."""
    parts = urlsplit(url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(address or ("127.0.0.1", 0))
    sock.connect(("127.0.0.1", parts.port))
    if parts.scheme == "http":
        return await asyncio.open_connection(sock=sock)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return await asyncio.open_connection(sock=sock, ssl=context, server_hostname="localhost")


async def test_of_two_connections_from_one_address_that_of_the_request_is_cut(
    sandbox: RunningSandbox, http: httpx.AsyncClient
) -> None:
    reader, writer = await opened(sandbox.https_url)
    address = writer.get_extra_info("sockname")
    other_reader, other = await opened(sandbox.http_url, address)
    await http.post("/sandbox/faults", json={"preset": "cut"})

    given = {"user": "adele.vance@contoso.example"}
    token = (await http.post("/sandbox/entra/access-token", json=given)).json()["accessToken"]
    head = f"GET /v1.0/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        assert await asyncio.wait_for(reader.read(), 60) == b""

    other.write(b"GET /sandbox/faults HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"200 OK" in await asyncio.wait_for(other_reader.readline(), 60)
    for one in (writer, other):
        one.close()
