"""Where providers send the browser back to after a sign-in."""

import html
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode, urlsplit, urlunsplit

import azure.functions as func

from shared.domain.model import ProviderName
from shared.errors import SignInFailed
from shared.flows.connect import finish_connect
from shared.services import ports
from shared.telemetry import fault, record
from shared.triggers.connections import cookie_name

blueprint = func.Blueprint()

_MOST_QUERY = 8 * 1024
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p><p>You can close this window.</p></main></body></html>
"""


@blueprint.function_name("FinishConnect")
@blueprint.route("oauth/{provider}/callback", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def finish(req: func.HttpRequest) -> func.HttpResponse:
    """Ends a sign-in: 303 to the CRM with `connected=` or `error=`, or a small page."""
    provider = ProviderName(req.route_params["provider"])
    try:
        if provider not in ports().ways_to_sign_in or len(req.url) > _MOST_QUERY:
            raise SignInFailed("This address only ends a sign-in.", code="state_missing")
        done = await finish_connect(provider, dict(req.params), _browser_secret(req), ports())
    except SignInFailed as failure:
        record("connect", provider=provider, outcome=failure.reason)
        return _back(failure.return_url, "error", failure.reason, failure.detail)
    except Exception as error:
        fault("connect", error)
        return _back(None, "error", "internal_error", "Something went wrong on our side.")
    record("connect", provider=provider, outcome="connected")
    return _back(done.return_url, "connected", provider, "The account is connected.")


def _browser_secret(req: func.HttpRequest) -> str | None:
    try:
        cookies = SimpleCookie(req.headers.get("Cookie", ""))
    except CookieError:
        return None
    found = cookies.get(cookie_name())
    return found.value if found else None


def _back(return_url: str | None, name: str, value: str, text: str) -> func.HttpResponse:
    """The sentence for people goes into the fragment, which no server logs."""
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Set-Cookie": f"{cookie_name()}=gone; Path=/; Max-Age=0; HttpOnly",
    }
    if cookie_name().startswith("__Host-"):
        headers["Set-Cookie"] += "; Secure; SameSite=None"
    if return_url is not None:
        headers["Location"] = _with(return_url, name, value, text)
        return func.HttpResponse(status_code=303, headers=headers)
    failed = name == "error"
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    title = "Not connected" if failed else "Connected"
    page = _PAGE.format(title=title, text=html.escape(text))
    return func.HttpResponse(
        page, status_code=400 if failed else 200, mimetype="text/html", headers=headers
    )


def _with(return_url: str, name: str, value: str, text: str) -> str:
    parts = urlsplit(return_url)
    query = "&".join(filter(None, (parts.query, urlencode({name: value}))))
    fragment = parts.fragment
    if name == "error":
        described = urlencode({"error_description": text})
        fragment = "&".join(filter(None, (fragment, described)))
    return urlunsplit(parts._replace(query=query, fragment=fragment))
