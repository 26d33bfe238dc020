"""Writes `Set-Cookie` as the real host does, which is not as the function wrote it.

The worker takes the header apart and the host writes it again: values are percent-encoded, an
absent domain or path becomes an empty attribute, and a header that Python's SimpleCookie cannot
read is dropped without a word.

Facts: the worker's `bindings/datumdef.py`, the host's `GrpcMessageExtensionUtilities.cs`, ASP.NET
Core's `ResponseCookies` and `SetCookieHeaderValue`.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.cookies import Morsel, SimpleCookie
from urllib.parse import quote

_SAME_SITE = ("lax", "strict", "none")


def set_cookie_lines(cookies: Iterable[SimpleCookie]) -> list[str]:
    """The values of the `Set-Cookie` headers."""
    return [_line(name, morsel) for cookie in cookies for name, morsel in cookie.items()]


def _line(name: str, morsel: Morsel[str]) -> str:
    return "; ".join([f"{name}={quote(morsel.value, safe='')}", *_attributes(morsel)])


def _attributes(morsel: Morsel[str]) -> Iterator[str]:
    if morsel["expires"]:
        yield f"expires={_expires(morsel['expires'])}"
    if morsel["max-age"]:
        yield f"max-age={int(float(morsel['max-age']))}"
    yield f"domain={morsel['domain']}"
    yield f"path={morsel['path']}"
    if morsel["secure"]:
        yield "secure"
    if morsel["samesite"].lower() in _SAME_SITE:
        yield f"samesite={morsel['samesite'].lower()}"
    if morsel["httponly"]:
        yield "httponly"


def _expires(text: str) -> str:
    """The date in the one form that the worker reads; raises ValueError for another."""
    moment = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    return format_datetime(moment, usegmt=True)
