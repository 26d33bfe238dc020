"""The one table from an error to an HTTP problem."""

import http
import math
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.domain.access import ID_PATTERN
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

# What pydantic finds, in words for people (https://docs.pydantic.dev/latest/errors/validation_errors/).
_TIME = "must be a time with an offset, such as 2027-01-31T09:00:00+01:00"
_TRUE_OR_FALSE = "must be true or false"
_WHOLE_NUMBER = "must be a whole number"
_FOUND: Mapping[str, str] = {
    "bool_parsing": _TRUE_OR_FALSE,
    "bool_type": _TRUE_OR_FALSE,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "datetime_parsing": _TIME,
    "datetime_type": _TIME,
    "extra_forbidden": "is not a field of this request",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "json_invalid": "must be JSON: {error}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_type": "must be an object",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be a text",
    "timezone_aware": _TIME,
    "too_long": "must have at most {max_length} entries",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}
_NO_ID = "must be an id: 1 to 128 letters, digits, or any of . _ ~ : @ + = -"


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
        FieldError(field=".".join(str(part) for part in found["loc"]), message=_message(found))
        for found in error.errors(include_input=False, include_url=False)
    ]
    detail = f"{errors[0].field or 'The body'} {errors[0].message}."
    return made(400, "invalid_request", detail, errors[:20])


def _message(found: ErrorDetails) -> str:
    """Reads on from the name of the field."""
    context = found.get("ctx", {})
    if context.get("pattern") == ID_PATTERN:
        return _NO_ID
    words = _FOUND.get(found["type"])
    return words.format(**context) if words else f"is not right: {found['msg']}"


def made(status: int, code: str, detail: str, errors: list[FieldError] | None = None) -> Problem:
    title = http.HTTPStatus(status).phrase
    return Problem(title=title, status=status, code=code, detail=detail or title, errors=errors)
