"""What Google's refusals mean: by their reason, and only then by their status."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import errors
from shared.providers.google.answers import DuplicateId, meaning, refuses_token
from tests.fixtures.google.scripted import fixture
from tests.unit.made import NOW

EXPECTED: dict[tuple[int, str], type[errors.ProviderError]] = {
    (400, "timeRangeEmpty"): errors.ProviderRejected,
    (401, "authError"): errors.ProviderUnavailable,
    (403, "userRateLimitExceeded"): errors.Throttled,
    (403, "rateLimitExceeded"): errors.Throttled,
    (403, "quotaExceeded"): errors.QuotaUsedUp,
    (403, "forbiddenForNonOrganizer"): errors.CalendarForbidden,
    (403, "insufficientPermissions"): errors.ReconnectRequired,
    (404, "notFound"): errors.CalendarGone,
    (409, "duplicate"): DuplicateId,
    (410, "fullSyncRequired"): errors.CursorLost,
    (410, "updatedMinTooLongAgo"): errors.CursorLost,
    (410, "deleted"): errors.EventGone,
    (412, "conditionNotMet"): errors.ProviderUnavailable,
    (429, "rateLimitExceeded"): errors.Throttled,
    (500, "backendError"): errors.ProviderUnavailable,
}


def body(reason: str, domain: str = "global", **more: Any) -> bytes:
    error = {"errors": [{"domain": domain, "reason": reason, "message": "Dana's talk"}], **more}
    return json.dumps({"error": error}).encode()


def _named(one: dict[str, Any]) -> str:
    return f"{one['status']} {one['body']['error']['errors'][0]['reason']}"


@pytest.mark.parametrize("one", fixture("61")["examples"], ids=_named)
def test_documented_error_bodies(one: dict[str, Any]) -> None:
    reason = one["body"]["error"]["errors"][0]["reason"]
    found = meaning(one["status"], {}, json.dumps(one["body"]).encode(), NOW)
    assert type(found) is EXPECTED[one["status"], reason]
    assert one["body"]["error"]["message"] not in found.detail


@pytest.mark.parametrize(
    ("status", "reason", "domain", "expected"),
    [
        (403, "requiredAccessLevel", "calendar", errors.CalendarForbidden),
        (403, "forbidden", "global", errors.CalendarForbidden),
        (403, "domainPolicy", "global", errors.CalendarForbidden),
        (403, "notACalendarUser", "calendar", errors.MailboxMissing),
        (403, "accessNotConfigured", "usageLimits", errors.OperatorFault),
        (403, "calendarUsageLimitsExceeded", "usageLimits", errors.QuotaUsedUp),
        (403, "quotaExceeded", "usageLimits", errors.QuotaUsedUp),
        (403, "dailyLimitExceeded", "usageLimits", errors.QuotaUsedUp),
        (403, "somethingNewExceeded", "usageLimits", errors.Throttled),
        (429, "somethingNew", "global", errors.Throttled),
        (400, "pushNotSupportedForRequestedResource", "global", errors.PushRefused),
        (400, "push.webhookUrlNotHttps", "global", errors.ProviderRejected),
        (401, "push.webhookUrlUnauthorized", "global", errors.ProviderUnavailable),
        (409, "conflict", "global", errors.ProviderConflict),
        (410, "somethingNew", "global", errors.CursorLost),
        (503, "backendError", "global", errors.ProviderUnavailable),
        (504, "backendError", "global", errors.ProviderTimedOut),
        (418, "teapot", "global", errors.ProviderRejected),
    ],
)
def test_other_reasons(
    status: int, reason: str, domain: str, expected: type[errors.ProviderError]
) -> None:
    found = meaning(status, {}, body(reason, domain), NOW)
    assert type(found) is expected
    assert found.detail == f"Google answered {status} {reason}"


def test_the_user_must_consent_anew_where_the_token_is_for_too_little() -> None:
    newer = body("", details=[{"@type": "x"}, {"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}])
    for content in (body("insufficientPermissions"), newer):
        found = meaning(403, {}, content, NOW)
        assert type(found) is errors.ReconnectRequired
        assert found.reason == "permissions_missing"


@pytest.mark.parametrize(
    ("status", "reason", "header", "expected"),
    [
        (403, "rateLimitExceeded", None, 10.0),
        (429, "userRateLimitExceeded", None, 10.0),
        (429, "userRateLimitExceeded", "2.5", 2.5),
        (403, "RATE_LIMIT_EXCEEDED", None, 10.0),
        (429, "", "soon", 10.0),
        (503, "backendError", "7", 7.0),
    ],
)
def test_how_long_to_wait(status: int, reason: str, header: str | None, expected: float) -> None:
    headers = {} if header is None else {"retry-after": header}
    found = meaning(status, headers, body(reason), NOW)
    assert isinstance(found, errors.Throttled)
    assert found.retry_after == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, errors.ProviderUnavailable),
        (403, errors.ProviderUnavailable),
        (404, errors.ProviderUnavailable),
        (410, errors.CursorLost),
        (429, errors.Throttled),
        (500, errors.ProviderUnavailable),
        (302, errors.ProviderRejected),
    ],
)
def test_what_does_not_come_from_the_api_forbids_and_ends_nothing(
    status: int, expected: type[errors.ProviderError]
) -> None:
    for content in (b"", b"<html>", b"{}", b'{"error":null}', b'{"error":"text"}', b"\xff", b"[]"):
        assert type(meaning(status, {}, content, NOW)) is expected


def test_412_says_that_the_version_is_another_only_where_one_was_given() -> None:
    content = body("conditionNotMet")
    assert type(meaning(412, {}, content, NOW, conditional=True)) is errors.EventChanged
    assert type(meaning(412, {}, content, NOW)) is errors.ProviderUnavailable


def test_what_is_no_name_of_a_reason_is_not_repeated() -> None:
    found = meaning(400, {}, body("Dana's talk on Monday"), NOW)
    assert found.detail == "Google answered 400"


def test_which_401_is_about_the_token() -> None:
    assert refuses_token(401, body("authError"))
    assert refuses_token(401, b"")
    assert not refuses_token(401, body("push.webhookUrlUnauthorized"))
    assert not refuses_token(403, body("authError"))


@given(st.integers(300, 599), st.binary(max_size=200), st.text(max_size=20))
def test_any_answer_has_a_meaning(status: int, content: bytes, header: str) -> None:
    assert isinstance(meaning(status, {"retry-after": header}, content, NOW), errors.ProviderError)
