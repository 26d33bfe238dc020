"""Reading and checking the parameters of an authorization request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urlsplit

from sandbox.microsoft.entra import scopes as scope_names
from sandbox.microsoft.entra.discovery import tenant_id_of
from sandbox.microsoft.entra.errors import SignInError

if TYPE_CHECKING:
    from sandbox.world import World

ResponseMode = Literal["query", "fragment", "form_post"]
_MODES: dict[str, ResponseMode] = {
    "query": "query",
    "fragment": "fragment",
    "form_post": "form_post",
}
_PROMPTS = frozenset({"login", "none", "consent", "select_account"})


@dataclass(frozen=True)
class Answer:
    """Where the browser goes next: `redirect_url`, or `form` posted to `target`."""

    target: str
    mode: ResponseMode
    values: dict[str, str]

    @property
    def redirect_url(self) -> str:
        """The URL with the values in query or fragment; the bare target for form_post."""
        if self.mode == "form_post":
            return self.target
        if self.mode == "fragment":
            return f"{self.target}#{urlencode(self.values)}"
        glue = "&" if urlsplit(self.target).query else "?"
        return f"{self.target}{glue}{urlencode(self.values)}"


@dataclass(frozen=True)
class AuthorizeRequest:
    """A checked request."""

    tenant_name: str
    redirect_uri: str
    mode: ResponseMode
    scopes: list[str]
    state: str | None
    nonce: str | None
    prompt: str
    login_hint: str | None
    challenge: str | None
    challenge_method: str
    client_info: bool

    def answer(self, values: dict[str, str]) -> Answer:
        """An answer to the caller, with its state."""
        full = values | ({"state": self.state} if self.state is not None else {})
        return Answer(self.redirect_uri, self.mode, full)

    def refuse(self, error: str, description: str, subcode: str | None = None) -> Answer:
        """An error sent back to the caller."""
        values = {"error": error}
        if subcode:
            values["error_subcode"] = subcode
        return self.answer(values | {"error_description": description})


class RedirectedError(Exception):
    """The request is wrong, but the redirect URI can be trusted: the answer goes there."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.values.get("error_description"))
        self.answer = answer


def read(world: "World", tenant_name: str, given: Mapping[str, str]) -> AuthorizeRequest:
    """Check the parameters; raises SignInError (shown here) or RedirectedError (sent back).

    Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """
    tenant_id_of(world, tenant_name)
    redirect_uri = _trusted_redirect(world, given)
    request = AuthorizeRequest(
        tenant_name=tenant_name,
        redirect_uri=redirect_uri,
        mode=_MODES.get(given.get("response_mode", "query"), "query"),
        scopes=[],
        state=given.get("state"),
        nonce=given.get("nonce"),
        prompt=given.get("prompt", ""),
        login_hint=given.get("login_hint"),
        challenge=given.get("code_challenge"),
        challenge_method=given.get("code_challenge_method", "plain"),
        client_info=given.get("client_info") == "1",
    )
    _check(request, given)
    try:
        scopes = scope_names.parse(given["scope"])
    except scope_names.UnknownScopeError as unknown:
        text = f"AADSTS70011: The provided value for 'scope' isn't valid: {unknown}"
        raise RedirectedError(request.refuse("invalid_scope", text)) from None
    return AuthorizeRequest(**{**request.__dict__, "scopes": scopes})


def _trusted_redirect(world: "World", given: Mapping[str, str]) -> str:
    client_id = given.get("client_id", "")
    if client_id != world.registration.client_id:
        raise SignInError(700016, world.clock(), client=client_id)
    if world.registration.disabled:
        raise SignInError(7000112, world.clock(), client=client_id)
    redirect_uri = given.get("redirect_uri", "")
    if not world.registration.allows_redirect(redirect_uri):
        raise SignInError(50011, world.clock())
    return redirect_uri


def _check(request: AuthorizeRequest, given: Mapping[str, str]) -> None:
    problem: tuple[str, str] | None = None
    if given.get("response_type") != "code":
        text = "AADSTS70005: The application requested an unsupported response type."
        problem = ("unsupported_response_type", text)
    elif given.get("response_mode", "query") not in _MODES:
        problem = ("invalid_request", "AADSTS90023: The response_mode is not supported.")
    elif not given.get("scope"):
        problem = ("invalid_request", "AADSTS900144: The request must contain 'scope'.")
    elif request.prompt and request.prompt not in _PROMPTS:
        problem = ("invalid_request", "AADSTS90023: Unsupported 'prompt' value.")
    elif request.challenge_method not in ("S256", "plain") or (
        request.challenge is not None and not 43 <= len(request.challenge) <= 128
    ):
        problem = ("invalid_request", "AADSTS501491: Invalid size of Code_Challenge parameter.")
    if problem:
        raise RedirectedError(request.refuse(*problem))
