"""Completing a sign-in: the account chosen, the consent given, the code issued."""

from typing import TYPE_CHECKING, Literal

from sandbox.google.account import Account
from sandbox.google.oauth import scopes as scope_names
from sandbox.google.oauth.authorize_request import AuthorizeRequest
from sandbox.google.oauth.state import AuthorizationCode

if TYPE_CHECKING:
    from sandbox.world import World

# "accept" grants what was asked, "deny" declines, a list grants only these besides the sign-in.
Consent = Literal["accept", "deny"] | list[str]


def missing(world: "World", request: AuthorizeRequest, account: Account) -> list[str]:
    """What was asked for and is not granted yet."""
    held = world.google.oauth.granted(account)
    return [name for name in request.scopes if name not in held]


def complete(
    world: "World",
    request: AuthorizeRequest,
    account: Account,
    consent: Consent = "accept",
    issuer: str = "",
) -> str:
    """The URL the browser goes to after the user has decided."""
    fault = world.faults.fire("google-authorize", account.address, "GET", "/o/oauth2/v2/auth")
    if fault is not None:
        return request.refuse(fault.error or "server_error", fault.message).url
    if consent == "deny":
        return request.refuse("access_denied").url
    asked_again = bool(missing(world, request, account)) or "consent" in request.prompts
    given = request.scopes
    if asked_again and isinstance(consent, list):
        chosen = {*scope_names.parse(" ".join(consent)), *scope_names.SIGN_IN}
        given = [name for name in request.scopes if name in chosen]
    if asked_again:
        world.google.oauth.grant(account, request.scopes, given)
    scopes = _scopes(world, request, account, given)
    code = world.google.oauth.add_code(
        AuthorizationCode(
            account=account,
            scopes=scopes,
            redirect_uri=request.redirect_uri,
            nonce=request.nonce,
            challenge=request.challenge,
            challenge_method=request.challenge_method,
            issued_at=world.clock(),
            refreshable=request.offline and asked_again,
        )
    )
    values = {"iss": issuer} if issuer else {}
    values |= {"code": code, "scope": " ".join(scopes), "authuser": "0"}
    if account.hd:
        values["hd"] = account.hd
    return request.answer(values | {"prompt": "consent" if asked_again else "none"})


def account_for(world: "World", request: AuthorizeRequest, name: str) -> Account:
    """The account with this address or `sub`; sent back where nobody is signed in."""
    found = world.google.find(name)
    if found is None or not found.enabled:
        raise request.refuse("login_required")
    return found


def _scopes(
    world: "World", request: AuthorizeRequest, account: Account, given: list[str]
) -> list[str]:
    """The scopes of the code: those given, with include_granted_scopes also earlier ones."""
    earlier = world.google.oauth.granted(account) if request.include_granted else set()
    return [*given, *sorted(earlier - set(given))]
