"""Signatures of webhooks, judged by the library's own verification."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.domain.changes import Change, ChangeType
from shared.domain.model import LocationId
from shared.webhooks.body import body_of
from shared.webhooks.signing import Signer


def secret(seed: int, length: int = 32) -> str:
    return "whsec_" + base64.b64encode(bytes([seed]) * length).decode()


NEW, OLD, OTHER = secret(1, 64), secret(2, 24), secret(3)
CHANGE = Change(
    "chg_0123456789abcdef",
    ChangeType.APPOINTMENT_UPDATED,
    LocationId("loc1"),
    "appointment|a1",
    datetime(2026, 3, 10, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1))),
    {"appointmentId": "a1", "title": "Ärger “mit” 🎈", "version": 3, "whole": True, "no": None},
)


def signed(*secrets: str, now: datetime | None = None) -> dict[str, str]:
    return Signer(secrets).headers(CHANGE.id, body_of(CHANGE), now or datetime.now(UTC))


def test_the_body_says_type_time_and_data() -> None:
    assert json.loads(body_of(CHANGE)) == {
        "type": "appointment.updated",
        "timestamp": "2026-03-10T12:00:00.000005Z",
        "data": {"appointmentId": "a1", "title": "Ärger “mit” 🎈", "version": 3, "whole": True},
    }


def test_the_largest_body_is_within_the_bound_of_the_specification() -> None:
    wide = "é" * 1024
    data = {"title": wide, "calendarId": wide, "userId": wide, "appointmentId": wide}
    largest = Change("chg_1", ChangeType.BUSY_CHANGED, LocationId("l"), "s", CHANGE.at, data)
    assert len(body_of(largest).encode()) < 20_000


@pytest.mark.parametrize("known", [NEW, OLD])
def test_both_secrets_sign_while_one_is_being_changed(known: str) -> None:
    headers = signed(NEW, OLD)
    assert len(headers["webhook-signature"].split(" ")) == 2
    verified = Webhook(known).verify(body_of(CHANGE), headers)
    assert verified == json.loads(body_of(CHANGE))
    assert headers["webhook-id"] == CHANGE.id


def test_another_secret_body_or_id_does_not_pass() -> None:
    headers = signed(NEW, OLD)
    for key, body, changed in (
        (OTHER, body_of(CHANGE), headers),
        (NEW, body_of(CHANGE) + " ", headers),
        (NEW, body_of(CHANGE), {**headers, "webhook-id": "chg_1"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, changed)


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
def test_a_clock_in_another_zone_signs_the_same_instant(hours: float) -> None:
    now = datetime.now(UTC)
    there = now.astimezone(timezone(timedelta(hours=hours)))
    headers = signed(NEW, now=there)
    assert headers == signed(NEW, now=now)
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    Webhook(NEW).verify(body_of(CHANGE), headers)
