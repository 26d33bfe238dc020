"""Google Meet links, made when asked for.

Source: developers.google.com/workspace/calendar/api/guides/create-events#conferencing
"""

import hashlib
from typing import Any


def with_conference(given: dict[str, Any], before: dict[str, Any], version: int) -> dict[str, Any]:
    """The members to store: version 0 leaves conference data as it was, 1 takes what is given."""
    fields = {name: value for name, value in given.items() if name != "conferenceData"}
    data = given.get("conferenceData") if version >= 1 else before.get("conferenceData")
    if not data:
        return fields
    request = data.get("createRequest")
    if request and "entryPoints" not in data:
        data = _made(request)
    return fields | {"conferenceData": data}


def hangout_link(fields: Any) -> str | None:
    """The address of the video call, if there is one."""
    for entry in fields.get("conferenceData", {}).get("entryPoints", []):
        if entry.get("entryPointType") == "video":
            return str(entry.get("uri"))
    return None


def _made(request: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(str(request.get("requestId", "")).encode()).digest()
    letters = "".join(chr(ord("a") + byte % 26) for byte in digest[:10])
    code = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    kind = (request.get("conferenceSolutionKey") or {}).get("type", "hangoutsMeet")
    return {
        "createRequest": {
            "requestId": request.get("requestId", ""),
            "conferenceSolutionKey": {"type": kind},
            "status": {"statusCode": "success"},
        },
        "entryPoints": [
            {
                "entryPointType": "video",
                "uri": f"https://meet.google.com/{code}",
                "label": f"meet.google.com/{code}",
            }
        ],
        "conferenceSolution": {"key": {"type": kind}, "name": "Google Meet"},
        "conferenceId": code,
    }
