"""Ending a grant: developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke"""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.connections import cut

if TYPE_CHECKING:
    from sandbox.world import World


async def revoke(request: Request) -> Response:
    """POST ?token= or form: the whole grant of the token's user ends, with all its tokens."""
    world: World = request.app.state.world
    form = await request.form()
    token = str(form.get("token") or request.query_params.get("token") or "")
    account = world.google.oauth.account_of(token)
    entry = request.scope["sandbox.log_entry"]
    entry.mailbox = account.address if account else None
    fault = world.faults.fire("google-revoke", entry.mailbox, "POST", request.url.path)
    if fault is not None and fault.effect == "answer":
        body = {"error": fault.error or "internal_failure", "error_description": fault.message}
        return JSONResponse(body, status_code=fault.status)
    if fault is not None and fault.effect == "cut":
        await cut(request.scope, request.receive)
        return JSONResponse({})
    if account is None:
        body = {"error": "invalid_token", "error_description": "Token expired or revoked"}
        return JSONResponse(body, status_code=400)
    world.google.revoke(account)
    if fault is not None and fault.effect == "commit-then-cut":
        await cut(request.scope, request.receive)
    return JSONResponse({})
