"""What an error of Google's sign-in server means here.

https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient lists them, and
https://developers.google.com/identity/protocols/oauth2#expiration why a grant ends: each way it
ends arrives as `invalid_grant`.
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.errors import (
    CalendarSyncError,
    OperatorFault,
    ProviderUnavailable,
    ReconnectRequired,
    SignInFailed,
)

_TRANSIENT = frozenset(
    {"temporarily_unavailable", "server_error", "internal_failure", "rate_limit_exceeded"}
)
_USER = frozenset({"invalid_grant", "access_denied", "interaction_required", "consent_required"})
# Told by a Workspace whose administrator has to allow the app, or whose accounts only may use it.
_ADMINISTRATOR = frozenset({"admin_policy_enforced", "org_internal"})
_ERROR = re.compile(r"[a-z_]{1,64}")


def meaning(answer: Mapping[str, Any]) -> CalendarSyncError:
    """The error for an answer of the token or the revocation endpoint."""
    error = str(answer.get("error", ""))
    if error in _TRANSIENT:
        return ProviderUnavailable("Google sign-in is not available right now.")
    if error in _ADMINISTRATOR:
        return ReconnectRequired(
            "An administrator of your organisation must allow this app.",
            code="administrator_needed",
        )
    if error in _USER:
        return ReconnectRequired("Google asks you to sign in again.")
    # invalid_client, deleted_client, redirect_uri_mismatch, invalid_scope, …: our registration or
    # our request is wrong, so the user's sign-in is not.
    return OperatorFault(f"Google refused our registration or request: {_shown(error)}")


def refusal(answer: Mapping[str, str]) -> SignInFailed:
    """The reason for an error redirect in words for the user."""
    error = answer.get("error", "")
    if error in _ADMINISTRATOR:
        return SignInFailed(
            "Your organisation demands that an administrator allows this app first.",
            code="administrator_needed",
        )
    if error in {"access_denied", "consent_required"}:
        return SignInFailed("Access was not granted, so nothing was connected.", code="denied")
    if error in _TRANSIENT:
        return SignInFailed(
            "Google sign-in is not available right now. Try again in some minutes.",
            code="provider_unavailable",
        )
    return SignInFailed("Google did not complete the sign-in. Try again.", code="sign_in_failed")


def _shown(error: str) -> str:
    return error if _ERROR.fullmatch(error) else "an error without a known name"
