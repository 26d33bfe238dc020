"""Whom the application trusts over TLS."""

import ssl
from functools import cache


@cache
def tls(extra_ca_bundle: str | None) -> ssl.SSLContext:
    """The system's trust, and the extra certificates besides."""
    context = ssl.create_default_context()
    if extra_ca_bundle:
        context.load_verify_locations(cafile=extra_ca_bundle)
    return context
