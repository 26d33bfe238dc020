"""The OAuth client of a Google Cloud project."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.microsoft.registration import is_loopback

CLIENT_ID = "123456789012-sandbox0client0of0the0calendar00.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox-google-secret"


@dataclass
class GoogleRegistration:
    """One web client. `testing`: refresh tokens live seven days
    (developers.google.com/identity/protocols/oauth2#expiration)."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    name: str = "Sandbox test application"
    redirect_uris: set[str] = field(default_factory=set)
    any_loopback_redirect: bool = True
    testing: bool = False
    disabled: bool = False

    def allows_redirect(self, uri: str) -> bool:
        """Whether answers may go there: registered exactly, or any loopback URL if so set."""
        if uri in self.redirect_uris:
            return True
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or parts.fragment:
            return False
        return self.any_loopback_redirect and is_loopback(uri)
