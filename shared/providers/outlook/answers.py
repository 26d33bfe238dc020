"""What an answer of Graph means: the one table from status and code to an error.

https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/throttling
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from shared.domain.waiting import retry_after
from shared.errors import (
    CalendarForbidden,
    CalendarGone,
    CursorLost,
    EventChanged,
    MailboxMissing,
    ProviderConflict,
    ProviderError,
    ProviderRejected,
    ProviderTimedOut,
    ProviderUnavailable,
    Throttled,
)
from shared.providers.outlook.wire import ErrorAnswer, ErrorBody

_DEFAULT_WAIT_SECONDS = 10.0
_CURSOR_CODES = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
_MAILBOX_CODES = frozenset(
    {"mailboxnotenabledforrestapi", "errornonexistentmailbox", "mailboxnothostedinexchangeonline"}
)
_DUPLICATE = "errorduplicatetransactionid"
_BY_STATUS: Mapping[int, type[ProviderError]] = {
    # Twice, with two tokens: only the token endpoint can say that the user must sign in again.
    401: ProviderUnavailable,
    403: CalendarForbidden,
    404: CalendarGone,
    410: CursorLost,
    409: ProviderConflict,
    412: ProviderUnavailable,
}


class DuplicateTransaction(ProviderConflict):
    """An event was made under that transaction before; `event_id` where Graph says which."""

    def __init__(self, detail: str, event_id: str | None) -> None:
        super().__init__(detail)
        self.event_id = event_id


def error_code(body: bytes) -> str:
    return _error(body).code


def _error(body: bytes) -> ErrorBody:
    try:
        return ErrorAnswer.model_validate_json(body).error
    except ValidationError:
        return ErrorBody()


def meaning(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    conditional: bool = False,
) -> ProviderError:
    """The error for an answer that is no success. `code` decides before `status` does.

    `conditional`: the request said of which version it speaks. Graph has also been seen to answer
    412 to requests that did not, and that passes.
    """
    error = _error(body)
    code = error.code
    detail = f"Graph answered {status} {code}".strip()
    folded = code.casefold()
    if folded in _MAILBOX_CODES:
        return MailboxMissing(detail)
    if folded in _CURSOR_CODES and 400 <= status < 500:
        return CursorLost(detail)
    if folded == _DUPLICATE and 400 <= status < 500:
        return DuplicateTransaction(detail, error.existing_event)
    if status == 412 and conditional:
        return EventChanged(detail)
    wait = retry_after(headers.get("retry-after"), now)
    if status == 429 or (status in {503, 504} and wait is not None):
        return Throttled(detail, retry_after=_DEFAULT_WAIT_SECONDS if wait is None else wait)
    if status == 504:
        return ProviderTimedOut(detail)
    if status >= 500:
        return ProviderUnavailable(detail)
    return _BY_STATUS.get(status, ProviderRejected)(detail)
