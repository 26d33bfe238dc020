"""Graph's error envelope."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.microsoft.mailbox.errors import DuplicateTransactionError, MailboxError


class GraphError(MailboxError):
    """A refusal that has nothing to do with the mailbox's content."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


def no_mailbox() -> GraphError:
    """Give the answer for an account without a cloud mailbox."""
    return GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def error_response(
    request: Request, error: MailboxError, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Write `{"error": {code, message, innerError}}` (Graph docs: errors)."""
    request_id = str(uuid.uuid4())
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, DuplicateTransactionError):
        body["@event.existingEventId"] = error.existing_id
    body["innerError"] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request.headers.get("client-request-id", request_id),
    }
    return JSONResponse({"error": body}, error.status, headers)
