"""What an error of Entra's token endpoint means here.

Entra says to decide by `error`; the AADSTS numbers only tell the few cases apart that need other
people. https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from collections.abc import Mapping
from typing import Any

from shared.errors import (
    CalendarSyncError,
    OperatorFault,
    ProviderUnavailable,
    ReconnectRequired,
    SignInFailed,
)

_TRANSIENT_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_TRANSIENT_CODES = frozenset(
    {90033, 90006, 90012, 90024, 90055, 90090, 50033, 50087, 50166, 70012, 50196}
    | {80001, 80002, 80005, 80007, 80010, 80014}  # agents on the organisation's own premises
)
_USER_ERRORS = frozenset(
    {"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"}
)
_OPERATOR_ERRORS = frozenset({"invalid_client", "unauthorized_client", "invalid_resource"})
_OPERATOR_CODES = frozenset(
    {7000215, 7000222, 7000218, 700016, 70001, 70002, 90002, 90009, 90130, 90124, 50194}
    | {9002332, 9001023, 50011, 7000112, 501481, 54005, 700005, 90038}
)
_ADMINISTRATOR_CODES = frozenset({50057, 50105, 50034, 50020, 16000, 90094, 90095})
_DENIED_CODES = frozenset({65004})


def meaning(answer: Mapping[str, Any]) -> CalendarSyncError:
    """The error for an answer of the token endpoint, or for the query of an error redirect."""
    error = str(answer.get("error", ""))
    codes = {int(code) for code in answer.get("error_codes") or ()}
    if error in _TRANSIENT_ERRORS or codes & _TRANSIENT_CODES:
        return ProviderUnavailable("Microsoft sign-in is not available right now.")
    if error in _OPERATOR_ERRORS or codes & _OPERATOR_CODES:
        return OperatorFault(f"Microsoft refused our registration: {error} {_shown(codes)}".strip())
    if codes & _ADMINISTRATOR_CODES:
        return ReconnectRequired(
            "An administrator of your organisation must allow this app or your account.",
            code="administrator_needed",
        )
    if error in _USER_ERRORS:
        return ReconnectRequired("Microsoft asks you to sign in again.")
    # Such as invalid_scope: our request is wrong, so the user's sign-in is not.
    return OperatorFault(f"Microsoft refused our request: {error} {_shown(codes)}".strip())


def refusal(answer: Mapping[str, str]) -> SignInFailed:
    """The reason for an error redirect (`error`, `error_description`) in words for the user."""
    error = answer.get("error", "")
    description = answer.get("error_description", "")
    if any(f"AADSTS{code}" in description for code in (90094, 90095)):
        return SignInFailed(
            "Your organisation demands that an administrator allows this app first.",
            code="administrator_needed",
        )
    if error in {"access_denied", "consent_required"} or any(
        f"AADSTS{code}" in description for code in _DENIED_CODES
    ):
        return SignInFailed("Access was not granted, so nothing was connected.", code="denied")
    if error in _TRANSIENT_ERRORS:
        return SignInFailed(
            "Microsoft sign-in is not available right now. Try again in some minutes.",
            code="provider_unavailable",
        )
    return SignInFailed("Microsoft did not complete the sign-in. Try again.", code="sign_in_failed")


def _shown(codes: set[int]) -> str:
    return " ".join(f"AADSTS{code}" for code in sorted(codes))
