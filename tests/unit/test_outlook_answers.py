"""What Graph's answers and waits mean: the real error bodies, and any header (F10, F12, F19)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import errors
from shared.providers.outlook.answers import (
    DuplicateTransaction,
    error_code,
    meaning,
)
from tests.unit.made import NOW, fixture

# By status and code, as section "Graph errors" of the reference has it.
EXPECTED: dict[tuple[int | None, str], type[errors.ProviderError]] = {
    (400, "ErrorOccurrenceCrossingBoundary"): errors.ProviderRejected,
    (400, "ErrorInvalidParameter"): errors.ProviderRejected,
    (400, "ErrorInvalidRequest"): errors.ProviderRejected,
    (None, "ErrorTimeIntervalTooBig"): errors.ProviderRejected,
    (None, "ErrorMailboxDataArrayTooBig"): errors.ProviderRejected,
    (400, "ErrorDuplicateTransactionId"): DuplicateTransaction,
    (400, "InvalidRequest"): errors.ProviderRejected,
    (400, "BadRequest"): errors.ProviderRejected,
    (400, "invalidRange"): errors.ProviderRejected,
    (401, "InvalidAuthenticationToken"): errors.ProviderUnavailable,
    (401, ""): errors.ProviderUnavailable,
    (403, "ErrorAccessDenied"): errors.CalendarForbidden,
    (403, "ExtensionError"): errors.CalendarForbidden,
    (404, "ErrorItemNotFound"): errors.CalendarGone,
    (404, "MailboxNotEnabledForRESTAPI"): errors.MailboxMissing,
    (409, "Conflict"): errors.ProviderConflict,
    (409, "ErrorConcurrentItemSave"): errors.ProviderConflict,
    (410, "SyncStateNotFound"): errors.CursorLost,
    (410, "resyncRequired"): errors.CursorLost,
    (412, "ErrorIrresolvableConflict"): errors.ProviderUnavailable,
    (429, "TooManyRequests"): errors.Throttled,
    (429, "ApplicationThrottled"): errors.Throttled,
    (503, "serviceNotAvailable"): errors.Throttled,
    (504, "UnknownError"): errors.ProviderTimedOut,
}


def _named(one: dict[str, Any]) -> str:
    return f"{one['status']} {one.get('label')}"


@pytest.mark.parametrize("one", fixture("30")["examples"], ids=_named)
def test_real_error_bodies(one: dict[str, Any]) -> None:
    answer = one.get("response") or one
    body, headers = answer.get("body"), answer.get("headers", {})
    content = _content(body) if body else b""
    folded = {name.casefold(): value for name, value in headers.items()}
    found = meaning(one["status"] or 400, folded, content, NOW)
    assert type(found) is EXPECTED[one["status"], error_code(content)]
    if isinstance(found, errors.Throttled):
        assert found.retry_after == float(headers["Retry-After"])


def _content(body: Any) -> bytes:
    return json.dumps(body).encode()


def test_messages_of_graph_do_not_reach_people_or_logs() -> None:
    body = b'{"error":{"code":"ErrorAccessDenied","message":"Dana\'s appointment"}}'
    assert "Dana" not in meaning(403, {}, body, NOW).detail


@pytest.mark.parametrize("code", ["SyncStateNotFound", "SYNCSTATEINVALID", "ResyncRequired"])
@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_lost_cursor_by_code_in_any_case_with_any_refusal(status: int, code: str) -> None:
    body = f'{{"error":{{"code":"{code}"}}}}'.encode()
    assert type(meaning(status, {}, body, NOW)) is errors.CursorLost


@pytest.mark.parametrize(
    "code",
    ["MailboxNotEnabledForRESTAPI", "ErrorNonExistentMailbox", "MailboxNotHostedInExchangeOnline"],
)
def test_no_mailbox_by_code(code: str) -> None:
    body = f'{{"error":{{"code":"{code}"}}}}'.encode()
    assert type(meaning(404, {}, body, NOW)) is errors.MailboxMissing


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {}, errors.Throttled),
        (429, {"retry-after": "soon"}, errors.Throttled),
        (503, {}, errors.ProviderUnavailable),
        (503, {"retry-after": "5"}, errors.Throttled),
        (504, {"retry-after": "5"}, errors.Throttled),
        (500, {}, errors.ProviderUnavailable),
        (502, {}, errors.ProviderUnavailable),
        (410, {}, errors.CursorLost),
        (418, {}, errors.ProviderRejected),
    ],
)
def test_by_status_where_there_is_no_code(
    status: int, headers: dict[str, str], expected: type[errors.ProviderError]
) -> None:
    for body in (b"", b"<html>", b"{}", b'{"error":null}', b'{"error":"text"}', b"\xff", b"[]"):
        assert type(meaning(status, headers, body, NOW)) is expected


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize(("said", "expected"), [('"AAMk="', "AAMk="), ("null", None), ("7", None)])
def test_a_transaction_used_before(status: int, said: str, expected: str | None) -> None:
    body = f'{{"error":{{"code":"ErrorDuplicateTransactionId","@event.existingEventId":{said}}}}}'
    found = meaning(status, {}, body.encode(), NOW)
    assert isinstance(found, DuplicateTransaction)
    assert found.event_id == expected


def test_412_says_that_the_version_is_another_only_where_one_was_given() -> None:
    assert type(meaning(412, {}, b"", NOW, conditional=True)) is errors.EventChanged
    assert type(meaning(412, {}, b"", NOW)) is errors.ProviderUnavailable


def test_a_reading_error_is_never_taken_for_a_dead_sign_in() -> None:
    """Only the token endpoint can say that a user must sign in again (F19)."""
    for status in range(400, 600):
        assert not isinstance(meaning(status, {}, b"", NOW), errors.ReconnectRequired)


@given(st.integers(300, 599), st.binary(max_size=200), st.text(max_size=20))
def test_any_answer_has_a_meaning(status: int, body: bytes, header: str) -> None:
    assert isinstance(meaning(status, {"retry-after": header}, body, NOW), errors.ProviderError)
