"""The application registration: who may ask for tokens, and where answers may go."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
CLIENT_SECRET = "sandbox-secret"


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this computer."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass
class AppRegistration:
    """One multi-tenant web application for work and personal accounts.

    `certificates` are PEMs that may sign its assertions. Of `federated_credentials` each has
    `issuer`, `subject` and `audience` of assertions that are taken too, and the `publicKey` (PEM)
    that the issuer would publish.
    """

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    name: str = "Sandbox test application"
    redirect_uris: set[str] = field(default_factory=set)
    any_loopback_redirect: bool = True
    secret_expired: bool = False
    certificates: tuple[str, ...] = ()
    federated_credentials: tuple[dict[str, str], ...] = ()
    disabled: bool = False

    def allows_redirect(self, uri: str) -> bool:
        """Whether answers may go there: registered exactly, or any loopback URL if so set."""
        if uri in self.redirect_uris:
            return True
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or parts.fragment:
            return False
        return self.any_loopback_redirect and is_loopback(uri)
