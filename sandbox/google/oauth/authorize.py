"""The authorization endpoint: account chooser, consent, redirect."""

from typing import TYPE_CHECKING

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.google.account import Account
from sandbox.google.oauth import authorize_request, sign_in
from sandbox.google.oauth.authorize_request import AuthorizeRequest, RedirectedError, ShownError
from sandbox.google.oauth.discovery import base_url
from sandbox.google.oauth.pages import page
from sandbox.google.oauth.scopes import SIGN_IN
from sandbox.google.oauth.sign_in import Consent

if TYPE_CHECKING:
    from sandbox.world import World


async def authorize(request: Request) -> Response:
    """GET shows the chooser (or answers at once); POST is the form of a page.

    Header `X-Sandbox-User` on the GET picks the account and accepts without any page.
    """
    world: World = request.app.state.world
    try:
        wanted = authorize_request.read(world, request.query_params)
        if request.method == "POST":
            return _decided(world, wanted, await request.form(), request)
        return _asked(world, wanted, request)
    except RedirectedError as wrong:
        return RedirectResponse(wrong.url, status_code=302)
    except ShownError as refusal:
        return page("error.html", refusal.status, text=str(refusal))


def _asked(world: "World", wanted: AuthorizeRequest, request: Request) -> Response:
    if picked := request.headers.get("x-sandbox-user"):
        return _answer(world, wanted, sign_in.account_for(world, wanted, picked), request)
    if "none" in wanted.prompts:
        account = sign_in.account_for(world, wanted, wanted.login_hint or "")
        if sign_in.missing(world, wanted, account):
            raise wanted.refuse("interaction_required")
        return _answer(world, wanted, account, request)
    hinted = world.google.find(wanted.login_hint or "")
    if hinted is not None and "select_account" not in wanted.prompts:
        return _consent_or_answer(world, wanted, hinted, request)
    app, accounts = world.google.registration.name, world.google.accounts
    return page("accounts.html", app=app, accounts=accounts, query=request.url.query)


def _decided(
    world: "World", wanted: AuthorizeRequest, form: FormData, request: Request
) -> Response:
    decision, address = str(form.get("decision", "")), str(form.get("user", ""))
    if not address:
        raise wanted.refuse("access_denied")
    account = sign_in.account_for(world, wanted, address)
    if not decision:
        return _consent_or_answer(world, wanted, account, request)
    consent: Consent = "deny" if decision == "deny" else "accept"
    if decision != "deny" and form.get("chosen"):
        consent = [str(scope) for scope in form.getlist("scope")]
    return _answer(world, wanted, account, request, consent)


def _consent_or_answer(
    world: "World", wanted: AuthorizeRequest, account: Account, request: Request
) -> Response:
    if not sign_in.missing(world, wanted, account) and "consent" not in wanted.prompts:
        return _answer(world, wanted, account, request)
    return page(
        "consent.html",
        app=world.google.registration.name,
        account=account,
        scopes=[name for name in wanted.scopes if name not in SIGN_IN],
        query=request.url.query,
    )


def _answer(
    world: "World",
    wanted: AuthorizeRequest,
    account: Account,
    request: Request,
    consent: Consent = "accept",
) -> Response:
    url = sign_in.complete(world, wanted, account, consent, base_url(request))
    return RedirectResponse(url, status_code=302)
