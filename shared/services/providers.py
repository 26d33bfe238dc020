"""The calendar providers that the settings have, and how one signs in there."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from shared.services.lifetime import opened
from shared.services.trust import tls
from shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from shared.domain.model import ProviderName
    from shared.providers.base import CalendarProvider, SignIn
    from shared.providers.outlook.credential import Credential

    _Provider = tuple[ProviderName, SignIn, CalendarProvider]

_Clock = Callable[[], datetime]


def providers_of(chosen: Settings, now: _Clock) -> "Iterator[_Provider]":
    """Those that the settings have."""
    base = f"{chosen.public_base_url}/api/notifications"
    yield _outlook(chosen, f"{base}/outlook", now)
    if chosen.google_client_id is not None and chosen.google_client_secret is not None:
        secret = chosen.google_client_secret.get_secret_value()
        yield _google(chosen, chosen.google_client_id, secret, f"{base}/google", now)


def _outlook(chosen: Settings, notifications: str, now: _Clock) -> "_Provider":
    from shared.providers.outlook.client import Graph
    from shared.providers.outlook.provider import OutlookProvider
    from shared.providers.outlook.push import PushAddresses
    from shared.providers.outlook.sign_in import OUTLOOK, MicrosoftApp, MicrosoftSignIn

    app = MicrosoftApp(
        client_id=chosen.microsoft_client_id,
        credential=_microsoft_credential(chosen),
        authority=chosen.microsoft_authority,
        tls=tls(chosen.extra_ca_bundle),
    )
    graph = Graph(chosen.graph_base_url, _http(chosen), now)
    addresses = PushAddresses(changes=notifications, lifecycle=f"{notifications}/lifecycle")
    return OUTLOOK, MicrosoftSignIn(app), OutlookProvider(graph, addresses)


def _microsoft_credential(chosen: Settings) -> "Credential":
    """That one of the three that the settings have."""
    from shared.providers.outlook.credential import by_certificate, by_identity

    if chosen.microsoft_client_secret is not None:
        return chosen.microsoft_client_secret.get_secret_value()
    if chosen.microsoft_client_certificate is not None:
        return by_certificate(chosen.microsoft_client_certificate.get_secret_value())
    return by_identity(str(chosen.microsoft_federated_client_id), chosen.microsoft_authority)


def _google(
    chosen: Settings, client_id: str, client_secret: str, notifications: str, now: _Clock
) -> "_Provider":
    from shared.providers.google.client import Google
    from shared.providers.google.provider import GoogleProvider
    from shared.providers.google.sign_in import GOOGLE, GoogleApp, GoogleSignIn

    app = GoogleApp(client_id, client_secret, chosen.google_auth_base_url)
    google = Google(chosen.google_api_base_url, _http(chosen), now)
    sign_in = GoogleSignIn(app, _http(chosen), now)
    return GOOGLE, sign_in, GoogleProvider(google, notifications)


def _http(chosen: Settings) -> "httpx.AsyncClient":
    """A client for one provider's use: what one of them does to it concerns no other."""
    import httpx

    # Kept by hand: the Graph SDK wraps the transport in one that does not close it.
    transport = httpx.AsyncHTTPTransport(verify=tls(chosen.extra_ca_bundle), trust_env=False)
    opened(transport.aclose)
    timeout = httpx.Timeout(30, connect=10)
    return httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout)
