"""What an answer of Google means: the one table from reason and status to an error.

https://developers.google.com/workspace/calendar/api/guides/errors,
https://developers.google.com/workspace/calendar/api/guides/quota
"""

import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from shared.domain.waiting import retry_after
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventChanged,
    EventGone,
    MailboxMissing,
    OperatorFault,
    ProviderConflict,
    ProviderError,
    ProviderRejected,
    ProviderTimedOut,
    ProviderUnavailable,
    PushRefused,
    QuotaUsedUp,
    ReconnectRequired,
    Throttled,
)
from shared.providers.google.wire import ErrorAnswer, ErrorItem


class DuplicateId(ProviderConflict):
    """An event of that id was made before; it may be deleted, the id stays taken."""


_BY_REASON: Mapping[str, type[ProviderError]] = {
    "fullSyncRequired": CursorLost,
    "updatedMinTooLongAgo": CursorLost,
    "deleted": EventGone,
    "duplicate": DuplicateId,
    "notACalendarUser": MailboxMissing,
    "pushNotSupportedForRequestedResource": PushRefused,
    # Limits that pass after hours: of how much is made or of whom is invited, or of our project.
    "calendarUsageLimitsExceeded": QuotaUsedUp,
    "quotaExceeded": QuotaUsedUp,
    "dailyLimitExceeded": QuotaUsedUp,
    # The API is not switched on for our project at Google.
    "accessNotConfigured": OperatorFault,
    "SERVICE_DISABLED": OperatorFault,
}
_BY_STATUS: Mapping[int, type[ProviderError]] = {
    # Twice, with two tokens: only the token endpoint can say that the user must sign in again.
    401: ProviderUnavailable,
    403: CalendarForbidden,
    404: CalendarGone,
    409: ProviderConflict,
    410: CursorLost,
    412: ProviderUnavailable,
    504: ProviderTimedOut,
}

# The token was given for less than we need: consenting anew mends it, waiting does not.
_MISSING_SCOPES = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})

_DEFAULT_WAIT_SECONDS = 10.0
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_LIMITS = "usageLimits"
_NAME = re.compile(r"[A-Za-z0-9_.]{1,60}")


def meaning(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    conditional: bool = False,
) -> ProviderError:
    """The error for an answer that is no success. The reason decides before the status does.

    `conditional`: the request said of which version it speaks.
    """
    said = _said(body)
    detail = f"Google answered {status} {said.reason}".strip()
    if said.reason in _MISSING_SCOPES:
        return ReconnectRequired(detail, code="permissions_missing")
    if said.reason in _BY_REASON:
        return _BY_REASON[said.reason](detail)
    wait = _wait(status, said, retry_after(headers.get("retry-after"), now))
    if wait is not None:
        return Throttled(detail, retry_after=wait)
    if status == 412 and conditional:
        return EventChanged(detail)
    if status in {403, 404} and not said.reason:
        # Not from the API itself: it says nothing of calendars and events.
        return ProviderUnavailable(detail)
    fallback = ProviderUnavailable if status >= 500 else ProviderRejected
    return _BY_STATUS.get(status, fallback)(detail)


def refuses_token(status: int, body: bytes) -> bool:
    """401 is also said of an address of ours that may not be notified."""
    return status == 401 and not _said(body).reason.startswith("push.")


def _wait(status: int, said: ErrorItem, asked: float | None) -> float | None:
    """Seconds to wait where Google says that there were too many requests."""
    limited = said.reason in _TOO_FAST or said.domain == _LIMITS or status == 429
    if limited:
        return _DEFAULT_WAIT_SECONDS if asked is None else asked
    return asked if status in {503, 504} else None


def _said(body: bytes) -> ErrorItem:
    """The first reason that is one; what else is said may name people or events."""
    try:
        error = ErrorAnswer.model_validate_json(body).error
    except ValidationError:
        return ErrorItem()
    for item in (*error.errors, *error.details):
        if _NAME.fullmatch(item.reason):
            return item
    return ErrorItem()
