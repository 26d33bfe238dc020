"""Completing a sign-in: the account chosen, the consent given, the code issued."""

from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from sandbox.microsoft.directory import UnknownAccountError, User
from sandbox.microsoft.entra import scopes as scope_names
from sandbox.microsoft.entra.authorize_request import Answer, AuthorizeRequest
from sandbox.microsoft.entra.errors import SignInError
from sandbox.microsoft.entra.id_token import client_info
from sandbox.microsoft.entra.state import AuthorizationCode

if TYPE_CHECKING:
    from sandbox.world import World

# "accept" grants what was asked, "deny" declines, a list grants only these permissions.
Consent = Literal["accept", "deny"] | list[str]


def account(world: "World", tenant_name: str, address: str) -> User:
    """The account that signs in with this address at this tenant name; SignInError if it may not.

    Source: learn.microsoft.com/entra/identity-platform/v2-protocols-oidc (tenant values)
    """
    now = world.clock()
    try:
        if tenant_name in ("common", "organizations", "consumers"):
            user = world.directory.user(address)
        else:
            user = world.directory.user(address, world.directory.tenant(tenant_name))
    except UnknownAccountError:
        code = 50034 if tenant_name in ("common", "organizations", "consumers") else 50020
        raise SignInError(code, now) from None
    wrong_kind = {"organizations": user.personal, "consumers": not user.personal}
    if wrong_kind.get(tenant_name, False):
        raise SignInError(50020, now)
    if not user.enabled:
        raise SignInError(50057, now)
    return user


def missing(world: "World", request: AuthorizeRequest, user: User) -> set[str]:
    """The Graph permissions asked for that the application does not hold yet."""
    return scope_names.for_graph(request.scopes) - world.entra.consented(user)


def complete(
    world: "World", request: AuthorizeRequest, user: User, consent: Consent = "accept"
) -> Answer:
    """The answer to the caller after the user has decided."""
    fault = world.faults.fire("authorize", user.address, "GET", "/authorize")
    if fault is not None:
        return request.refuse(fault.error or "server_error", fault.message or "AADSTS90033: Error.")
    if consent == "deny":
        text = "AADSTS65004: User declined to consent to access the app."
        return request.refuse("access_denied", text, "cancel")
    if missing(world, request, user) and not user.tenant.user_consent:
        text = "AADSTS90094: An administrator of the organisation has to consent first."
        return request.refuse("access_denied", text)
    if isinstance(consent, list):
        world.entra.consent(user, request.scopes, scope_names.parse(" ".join(consent)))
    else:
        world.entra.consent(user, request.scopes, request.scopes)
    return _issue(world, request, user)


def _issue(world: "World", request: AuthorizeRequest, user: User) -> Answer:
    code = world.entra.add_code(
        AuthorizationCode(
            user=user,
            scopes=request.scopes,
            redirect_uri=request.redirect_uri,
            tenant_name=request.tenant_name,
            nonce=request.nonce,
            challenge=request.challenge,
            challenge_method=request.challenge_method,
            issued_at=world.clock(),
        )
    )
    values = {"code": code}
    if request.client_info:
        values["client_info"] = client_info(user)
    return request.answer(values | {"session_state": str(uuid4())})
