"""The authorization endpoint: account picker, consent, redirect."""

from typing import TYPE_CHECKING

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.microsoft.directory import User
from sandbox.microsoft.entra import authorize_request, scopes, sign_in
from sandbox.microsoft.entra.authorize_request import AuthorizeRequest, RedirectedError
from sandbox.microsoft.entra.errors import SignInError
from sandbox.microsoft.entra.pages import deliver, error_page, page
from sandbox.microsoft.entra.sign_in import Consent

if TYPE_CHECKING:
    from sandbox.world import World


async def authorize(request: Request) -> Response:
    """GET shows the picker (or answers at once); POST is the picker's or consent page's form.

    Header `X-Sandbox-User` on the GET picks the account and accepts without any page.
    """
    world: World = request.app.state.world
    try:
        wanted = authorize_request.read(world, request.path_params["tenant"], request.query_params)
        if request.method == "POST":
            return _decided(world, wanted, await request.form(), request.url.query)
        return _asked(world, wanted, request)
    except RedirectedError as wrong:
        return deliver(wrong.answer)
    except SignInError as refusal:
        return error_page(refusal)


async def logout(request: Request) -> Response:
    """End of session: goes back to the application, as there is no session to end."""
    target = request.query_params.get("post_logout_redirect_uri", "")
    world: World = request.app.state.world
    if world.registration.allows_redirect(target):
        return RedirectResponse(target, status_code=302)
    return page("error.html", text="You signed out of your account.")


def _asked(world: "World", wanted: AuthorizeRequest, request: Request) -> Response:
    if picked := request.headers.get("x-sandbox-user"):
        user = sign_in.account(world, wanted.tenant_name, picked)
        return deliver(sign_in.complete(world, wanted, user))
    if wanted.prompt == "none":
        text = "AADSTS50058: A silent sign-in request was sent but no user is signed in."
        return deliver(wanted.refuse("login_required", text))
    if wanted.login_hint and wanted.prompt != "select_account":
        user = sign_in.account(world, wanted.tenant_name, wanted.login_hint)
        return _consent_or_answer(world, wanted, user, request.url.query)
    users = _offered(world, wanted.tenant_name)
    query = request.url.query
    return page("accounts.html", app=world.registration.name, users=users, query=query)


def _decided(world: "World", wanted: AuthorizeRequest, form: FormData, query: str) -> Response:
    decision, address = str(form.get("decision", "")), str(form.get("user", ""))
    if not address:
        text = "AADSTS65004: User declined to consent to access the app."
        return deliver(wanted.refuse("access_denied", text, "cancel"))
    user = sign_in.account(world, wanted.tenant_name, address)
    if not decision:
        return _consent_or_answer(world, wanted, user, query)
    consent: Consent = "deny" if decision == "deny" else "accept"
    if decision != "deny" and form.get("chosen"):
        consent = [str(scope) for scope in form.getlist("scope")]
    return deliver(sign_in.complete(world, wanted, user, consent))


def _consent_or_answer(
    world: "World", wanted: AuthorizeRequest, user: User, query: str
) -> Response:
    lacking = sign_in.missing(world, wanted, user)
    if not lacking and wanted.prompt != "consent":
        return deliver(sign_in.complete(world, wanted, user))
    return page(
        "consent.html",
        app=world.registration.name,
        user=user,
        scopes=sorted(scopes.for_graph(wanted.scopes)),
        admin_needed=bool(lacking) and not user.tenant.user_consent,
        query=query,
    )


def _offered(world: "World", tenant_name: str) -> list[User]:
    offered = []
    for user in world.directory.users:
        try:
            if sign_in.account(world, tenant_name, user.address) is user:
                offered.append(user)
        except SignInError:
            continue
    return offered
