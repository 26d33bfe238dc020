"""Reading and checking the parameters of an authorization request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from sandbox.google.oauth import scopes as scope_names

if TYPE_CHECKING:
    from sandbox.world import World

_PROMPTS = frozenset({"none", "consent", "select_account"})


class ShownError(Exception):
    """The request cannot be answered to the caller: an error page is shown."""

    def __init__(self, status: int, error: str, text: str) -> None:
        super().__init__(f"Error {status}: {error}. {text}")
        self.status, self.error = status, error


class RedirectedError(Exception):
    """The answer is an error that goes back to the caller."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass(frozen=True)
class AuthorizeRequest:
    """A checked request."""

    redirect_uri: str
    scopes: list[str]
    state: str | None
    nonce: str | None
    prompts: frozenset[str]
    login_hint: str | None
    challenge: str | None
    challenge_method: str
    offline: bool
    include_granted: bool

    def answer(self, values: dict[str, str]) -> str:
        """The URL that takes an answer to the caller, with its state."""
        full = ({"state": self.state} if self.state is not None else {}) | values
        glue = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{glue}{urlencode(full)}"

    def refuse(self, error: str, description: str = "") -> RedirectedError:
        """An error for the caller."""
        extra = {"error_description": description} if description else {}
        return RedirectedError(self.answer({"error": error} | extra))


def read(world: "World", given: Mapping[str, str]) -> AuthorizeRequest:
    """Check the parameters; most mistakes are shown to the user, as Google does.

    Source: developers.google.com/identity/protocols/oauth2/web-server#creatingclient
    """
    _check_client(world, given)
    if given.get("response_type") != "code":
        raise ShownError(400, "invalid_request", "Invalid parameter value for response_type.")
    if given.get("access_type", "online") not in ("online", "offline"):
        raise ShownError(400, "invalid_request", "Invalid parameter value for access_type.")
    prompts = frozenset(given.get("prompt", "").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise ShownError(400, "invalid_request", "Invalid parameter value for prompt.")
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method", "plain")
    if method not in ("S256", "plain") or (challenge and not 43 <= len(challenge) <= 128):
        raise ShownError(400, "invalid_request", "Invalid parameter value for code_challenge.")
    return AuthorizeRequest(
        redirect_uri=given["redirect_uri"],
        scopes=_scopes(given.get("scope", "")),
        state=given.get("state"),
        nonce=given.get("nonce"),
        prompts=prompts,
        login_hint=given.get("login_hint"),
        challenge=challenge,
        challenge_method=method,
        offline=given.get("access_type") == "offline",
        include_granted=given.get("include_granted_scopes") == "true",
    )


def _check_client(world: "World", given: Mapping[str, str]) -> None:
    app = world.google.registration
    if given.get("client_id") != app.client_id:
        raise ShownError(401, "invalid_client", "The OAuth client was not found.")
    if app.disabled:
        raise ShownError(401, "disabled_client", "The OAuth client was disabled.")
    if not app.allows_redirect(given.get("redirect_uri", "")):
        raise ShownError(
            400, "redirect_uri_mismatch", "The redirect URI does not match the registered ones."
        )


def _scopes(text: str) -> list[str]:
    if not text.strip():
        raise ShownError(400, "invalid_request", "Missing required parameter: scope")
    try:
        return scope_names.parse(text)
    except scope_names.UnknownScopeError as unknown:
        raise ShownError(
            400, "invalid_scope", f"Some requested scopes were invalid. {{invalid=[{unknown}]}}"
        ) from None
