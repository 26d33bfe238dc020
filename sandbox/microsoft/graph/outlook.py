"""The signed-in user, id translation, and the mailbox's time zones."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.microsoft.mailbox import Mailbox
from sandbox.microsoft.mailbox.errors import InvalidRequestError, MailboxError, NotFoundError
from sandbox.microsoft.mailbox.lookup import instance_id, locate
from sandbox.microsoft.mailbox.zones import iana_zones, windows_zones

from .call import Call, check_user
from .errors import error_response

_MOST_IDS = 1000
_EWS = str.maketrans("-_", "/+")
_REST = str.maketrans("/+", "-_")


async def me(request: Request) -> Response:
    """Give the signed-in user; an account without a mailbox has one too."""
    try:
        check_user(request)
    except MailboxError as error:
        return error_response(request, error)
    user = request.state.user
    base = str(request.base_url).rstrip("/")
    first, _, last = str(user.display_name).partition(" ")
    return JSONResponse(
        {
            "@odata.context": f"{base}/v1.0/$metadata#users/$entity",
            "businessPhones": [],
            "displayName": user.display_name,
            "givenName": first,
            "jobTitle": None,
            "mail": user.mail,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": last or None,
            "userPrincipalName": user.user_principal_name,
            "id": user.id,
        }
    )


async def translate_ids(call: Call) -> Response:
    """Translate up to 1,000 event ids between the kinds (Graph docs: translateExchangeIds)."""
    body = await call.body()
    ids = body.get("inputIds") or []
    source, target = str(body.get("sourceIdType")), str(body.get("targetIdType"))
    if len(ids) > _MOST_IDS:
        raise InvalidRequestError("At most 1000 ids can be translated at once.")
    known = {"restid", "restimmutableentryid", "ewsid"}
    if source.lower() not in known or target.lower() not in known:
        raise InvalidRequestError("The id type is not supported.")
    value = [_translated(call.mailbox, str(given), source, target) for given in ids]
    context = f"{call.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
    return call.answer({"@odata.context": context, "value": value})


def _translated(mailbox: Mailbox, given: str, source: str, target: str) -> dict[str, Any]:
    wanted = given.translate(_REST) if source.lower() == "ewsid" else given
    found = locate(mailbox.calendars(), wanted)
    if found is None:
        error: MailboxError = NotFoundError()
        details = {"code": error.code, "message": error.message}
        return {"sourceId": given, "targetId": None, "errorDetails": details}
    is_immutable = target.lower() == "restimmutableentryid"
    result = instance_id(found.entry, found.instance, immutable=is_immutable)
    return {
        "sourceId": given,
        "targetId": result.translate(_EWS) if target.lower() == "ewsid" else result,
    }


async def time_zones(call: Call) -> Response:
    """List the zones a mailbox knows, by Windows names or, when asked so, by IANA names."""
    standard = str(call.request.path_params.get("standard", ""))
    names = iana_zones() if "iana" in standard.lower() else windows_zones()
    context = f"{call.base}/$metadata#Collection(microsoft.graph.timeZoneInformation)"
    value = [{"alias": name, "displayName": name} for name in names]
    return call.answer({"@odata.context": context, "value": value})
