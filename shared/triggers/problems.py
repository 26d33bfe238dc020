"""The one table from an error to an HTTP problem."""

import http
import math
from collections.abc import Mapping

from pydantic import ValidationError

from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CalendarSyncError,
    Conflict,
    Expired,
    InvalidRequest,
    MailboxBusy,
    MailboxMissing,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    OperatorFault,
    ProviderError,
    ProviderUnavailable,
    ReconnectRequired,
    Stale,
    StoreConflict,
    Throttled,
    TooLarge,
    VersionRequired,
)
from shared.triggers.contract import FieldError, Problem

STATUSES: Mapping[type[CalendarSyncError], int] = {
    InvalidRequest: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Expired: 410,
    Stale: 412,
    TooLarge: 413,
    VersionRequired: 428,
    ReconnectRequired: 409,
    MailboxMissing: 409,
    CalendarGone: 409,
    CalendarForbidden: 409,
    StoreConflict: 503,
    MailboxBusy: 503,
    Throttled: 503,
    ProviderUnavailable: 503,
    OperatorFault: 503,
    ProviderError: 502,
}
_SENTENCES: Mapping[type[CalendarSyncError], str] = {
    StoreConflict: "Somebody else changed this at the same moment. Try again.",
    MailboxBusy: "The mailbox is busy. Try again in some seconds.",
    Throttled: "The mailbox asks us to wait. Try again later.",
    ProviderUnavailable: "The calendar provider is not available right now. Try again later.",
    OperatorFault: "The sign-in is not set up correctly. Please tell your administrator.",
    CalendarGone: "The calendar is not there any more. Load the list again.",
    CalendarForbidden: "The account may not read this calendar any more.",
    MailboxMissing: "The account has no mailbox in the cloud any more.",
    ReconnectRequired: "This account must be connected again.",
}
_WAIT_SECONDS = 2


def problem(error: CalendarSyncError) -> tuple[Problem, dict[str, str]]:
    """The problem and the headers that go with it. What providers said stays inside."""
    kind = next((k for k in type(error).__mro__ if k in STATUSES), CalendarSyncError)
    status = STATUSES.get(kind, 500)
    headers: dict[str, str] = {}
    if status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        wait = error.retry_after if isinstance(error, Throttled) else _WAIT_SECONDS
        headers["Retry-After"] = str(math.ceil(wait))
    return made(status, error.reason, _SENTENCES.get(kind, error.detail)), headers


def invalid_fields(error: ValidationError) -> Problem:
    """Names the fields and what is wrong with each, not what was sent."""
    errors = [
        FieldError(field=".".join(str(part) for part in found["loc"]), message=found["msg"])
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    named = errors[0].field or "the body"
    detail = f"{named}: {errors[0].message}"
    return made(400, "invalid_request", detail, errors[:20])


def made(status: int, code: str, detail: str, errors: list[FieldError] | None = None) -> Problem:
    title = http.HTTPStatus(status).phrase
    return Problem(title=title, status=status, code=code, detail=detail or title, errors=errors)
