"""Connections to public addresses alone, so that a webhook's address cannot reach our own network.

The name is resolved once, all that it resolves to is checked, and what was checked is connected
to. TLS is spoken with the name afterwards, so certificates are checked as ever.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore

# Azure's own DNS and agent endpoint, in every virtual network, on a public address:
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_AZURE_PLATFORM = IPv4Address("168.63.129.16")
# IPv6 forms that end in an IPv4 address: NAT64 (RFC 6052), and a deprecated one
# (RFC 4291, 2.5.5.1); SIIT (RFC 2765).
_EMBEDDING = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0:0/96"),
)
# Python's own list leaves parts of this one out (RFC 6890).
_PROTOCOLS = IPv4Network("192.0.0.0/24")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_MOST_ADDRESSES = 3


class PrivateAddress(httpcore.ConnectError):
    """The name leads to an address that is not public."""


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """A network for httpcore; `check` off lets every address pass."""

    def __init__(self, *, check: bool) -> None:
        self._check = check
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Tries the addresses in their order, and shares the time among them."""
        async with asyncio.timeout(timeout):
            found = await _resolved(host, port)
        if self._check and not all(is_public(address) for address in found):
            raise PrivateAddress
        tried = found[:_MOST_ADDRESSES]
        each = timeout / len(tried) if timeout else None
        failed: Exception = httpcore.ConnectError()
        for address in tried:
            try:
                return await self._network.connect_tcp(
                    address, port, each, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


def is_public(address: str) -> bool:
    """Whether a packet to that address leaves for the internet, by all that the address holds."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        special = found.is_multicast or found == _AZURE_PLATFORM or found in _PROTOCOLS
        return found.is_global and not special
    inner = _embedded(found)
    if inner is not None:
        return is_public(str(inner))
    return found.is_global and not (
        found.is_multicast or found.is_site_local or found in _LOCAL_NAT64
    )


def _embedded(address: IPv6Address) -> IPv4Address | None:
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in network for network in _EMBEDDING):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore.ConnectError from None
    return [str(sockaddr[0]) for *_, sockaddr in found]
