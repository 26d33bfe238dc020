"""Graph error answers (shape: learn.microsoft.com/graph/errors)."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse


def error_body(
    code: str, message: str, now: datetime, request_id: str, client_request_id: str
) -> dict[str, Any]:
    """The error envelope."""
    return {
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": client_request_id,
            },
        }
    }


def graph_error(
    status: int,
    code: str,
    message: str,
    now: datetime,
    *,
    request_id: str | None = None,
    client_request_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An error answer; ids are invented where none is given."""
    own = request_id or str(uuid4())
    body = error_body(code, message, now, own, client_request_id or own)
    return JSONResponse(body, status_code=status, headers=headers)
