"""Ready-made faults of Google's services, as fields of a fault rule.

Sources: developers.google.com/workspace/calendar/api/guides/errors and /guides/quota for the
Calendar API; developers.google.com/identity/protocols/oauth2/web-server and #expiration, and
support.google.com/a/answer/9368756 (invalid_rapt), for tokens.
"""

from typing import Any

_DEAD = "Token has been expired or revoked."
GOOGLE_PRESETS: dict[str, dict[str, Any]] = {
    "google-rate-limit": {"status": 403, "code": "rateLimitExceeded"},
    "google-rate-limit-429": {"status": 429, "code": "rateLimitExceeded"},
    "google-user-rate-limit": {"status": 403, "code": "userRateLimitExceeded"},
    "google-user-rate-limit-429": {"status": 429, "code": "userRateLimitExceeded"},
    "google-quota": {"status": 403, "code": "quotaExceeded"},
    "google-usage-limits": {"status": 403, "code": "calendarUsageLimitsExceeded"},
    "google-backend-error": {"status": 500, "code": "backendError"},
    "google-unavailable": {
        "status": 503,
        "code": "backendError",
        "message": "The service is currently unavailable.",
    },
    "google-auth-error": {"status": 401, "code": "authError"},
    "google-insufficient": {"status": 403, "code": "insufficientPermissions"},
    "google-forbidden": {"status": 403, "code": "forbidden"},
    "google-required-access": {"status": 403, "code": "requiredAccessLevel"},
    "google-non-organizer": {"status": 403, "code": "forbiddenForNonOrganizer"},
    "google-not-found": {"status": 404, "code": "notFound"},
    "google-duplicate": {"status": 409, "code": "duplicate"},
    "google-gone": {"status": 410, "code": "fullSyncRequired", "query": "syncToken"},
    "google-gone-updated": {
        "status": 410,
        "code": "updatedMinTooLongAgo",
        "query": "updatedMin",
    },
    "google-deleted": {"status": 410, "code": "deleted"},
    "google-condition": {"status": 412, "code": "conditionNotMet"},
    "google-cut": {"effect": "cut"},
    "google-commit-then-cut": {"effect": "commit-then-cut", "method": "POST"},
    "google-delay": {"effect": "delay", "delay_seconds": 1.0},
    "google-token-revoked": {"status": 400, "error": "invalid_grant", "message": _DEAD},
    "google-token-rapt": {
        "status": 400,
        "error": "invalid_grant",
        "message": "reauth related error (invalid_rapt)",
        "code": "invalid_rapt",
    },
    "google-token-admin-policy": {
        "status": 400,
        "error": "admin_policy_enforced",
        "message": "Access to the requested scopes is blocked by the administrator.",
    },
    "google-token-invalid-client": {
        "status": 401,
        "error": "invalid_client",
        "message": "The OAuth client was not found.",
    },
    "google-token-internal": {"status": 500, "error": "internal_failure"},
    "google-token-unavailable": {"status": 503},
    "google-token-throttled": {"status": 429, "error": "rate_limit_exceeded"},
    "google-token-cut": {"effect": "cut"},
}


def preset_fields() -> dict[str, dict[str, Any]]:
    """Each preset with the service that it is for."""
    return {
        name: {"service": "google-token" if name.startswith("google-token") else "google"} | given
        for name, given in GOOGLE_PRESETS.items()
    }
