"""Error bodies of the sign-in service.

Codes and wording: learn.microsoft.com/entra/identity-platform/reference-error-codes and bodies
quoted in public repositories. Where no captured text was found, the sentence is a paraphrase.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class Refusal:
    """One AADSTS error: HTTP status of the token endpoint, OAuth error, text, suberror."""

    status: int
    error: str
    message: str
    suberror: str | None = None


_GRAPH_APP = "00000003-0000-0000-c000-000000000000"
_MOVED = (
    "Due to a configuration change made by your administrator, or because you moved to a new "
    f"location, you must use multi-factor authentication to access '{_GRAPH_APP}'."
)
_GRANT = "invalid_grant"

CATALOGUE: dict[int, Refusal] = {
    16000: Refusal(400, "interaction_required", "User account does not exist in tenant."),
    50011: Refusal(400, "invalid_request", "The redirect URI does not match the registered ones."),
    50020: Refusal(400, _GRANT, "User account does not exist in the tenant."),
    50027: Refusal(400, "invalid_request", "JWT token is invalid or malformed."),
    50033: Refusal(400, "temporarily_unavailable", "A transient error has occurred."),
    50034: Refusal(400, _GRANT, "The user account does not exist in the directory."),
    50053: Refusal(400, _GRANT, "The account is locked."),
    50055: Refusal(400, _GRANT, "The password is expired."),
    50057: Refusal(400, _GRANT, "The user account is disabled."),
    50058: Refusal(
        400, "login_required", "A silent sign-in request was sent but no user is signed in."
    ),
    50072: Refusal(400, "interaction_required", _MOVED, "basic_action"),
    50074: Refusal(
        400, "interaction_required", "Strong Authentication is required.", "basic_action"
    ),
    50076: Refusal(400, _GRANT, _MOVED, "basic_action"),
    50078: Refusal(
        400, _GRANT, "Presented multi-factor authentication has expired.", "basic_action"
    ),
    50079: Refusal(400, "interaction_required", _MOVED, "basic_action"),
    50085: Refusal(400, _GRANT, "Refresh token needs social IDP login."),
    50087: Refusal(
        503, "temporarily_unavailable", "A transient error has occurred during single sign-out."
    ),
    50089: Refusal(400, _GRANT, "The flow token is expired."),
    50105: Refusal(
        400, _GRANT, "The signed in user is not assigned to a role for the application."
    ),
    50126: Refusal(
        400, _GRANT, "Error validating credentials due to invalid username or password."
    ),
    50132: Refusal(400, _GRANT, "The session is not valid: password expiration or recent change."),
    50133: Refusal(
        400, _GRANT, "Session is invalid due to expiration or recent password change.", "bad_token"
    ),
    50144: Refusal(400, _GRANT, "The user's Active Directory password has expired."),
    50158: Refusal(
        400, "interaction_required", "External security challenge not satisfied.", "basic_action"
    ),
    50166: Refusal(503, "temporarily_unavailable", "Request to External OIDC endpoint failed."),
    50173: Refusal(
        400,
        _GRANT,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The "
        "user might have changed or reset their password. The grant was issued on '{issued}' and "
        "the TokensValidFrom date (before which tokens are not valid) for this user is '{valid}'.",
        "bad_token",
    ),
    50196: Refusal(
        400, _GRANT, "The server terminated an operation because it encountered a loop."
    ),
    53000: Refusal(
        400, "interaction_required", "Device is not in required device state.", "message_only"
    ),
    53003: Refusal(
        400, _GRANT, "Access has been blocked by Conditional Access policies.", "message_only"
    ),
    53011: Refusal(400, _GRANT, "User blocked due to risk on home tenant."),
    530032: Refusal(400, _GRANT, "Blocked by security policy.", "message_only"),
    54005: Refusal(
        400,
        _GRANT,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
    ),
    65001: Refusal(
        400,
        _GRANT,
        "The user or administrator has not consented to use the application with ID '{client}' "
        "named '{app}'. Send an interactive authorization request for this user and resource.",
        "consent_required",
    ),
    65004: Refusal(400, "access_denied", "User declined to consent to access the app."),
    70000: Refusal(
        400,
        _GRANT,
        "The user could not be authenticated or the grant is expired. The user must first sign in "
        "and if needed grant the client application access to the requested scope.",
    ),
    70003: Refusal(400, "unsupported_grant_type", "The app returned an unsupported grant type."),
    70008: Refusal(400, _GRANT, "The provided authorization code or refresh token has expired."),
    70011: Refusal(
        400,
        "invalid_scope",
        "The provided value for the input parameter 'scope' isn't valid. {detail}",
    ),
    70012: Refusal(
        503, "temporarily_unavailable", "A server error occurred authenticating an MSA user."
    ),
    70043: Refusal(
        400,
        _GRANT,
        "The refresh token has expired or is invalid due to sign-in frequency checks by "
        "conditional access.",
        "token_expired",
    ),
    90002: Refusal(400, "invalid_request", "Tenant '{detail}' not found."),
    90006: Refusal(503, "temporarily_unavailable", "The service is temporarily unavailable."),
    90024: Refusal(503, "temporarily_unavailable", "The request budget was exceeded."),
    90033: Refusal(
        503, "temporarily_unavailable", "A transient error has occurred. Please try again."
    ),
    90055: Refusal(429, "temporarily_unavailable", "Too many incoming requests."),
    90094: Refusal(
        400, "access_denied", "An administrator of the organisation has to consent first."
    ),
    501481: Refusal(
        400,
        _GRANT,
        "The Code_Verifier does not match the code_challenge supplied in the authorization "
        "request.",
    ),
    500112: Refusal(
        400,
        "invalid_client",
        "The reply address does not match the reply address provided when requesting "
        "the authorization code.",
    ),
    700005: Refusal(
        400, _GRANT, "The authorization code is intended to be used against another tenant."
    ),
    700016: Refusal(
        400,
        "unauthorized_client",
        "Application with identifier '{client}' was not found in the directory. This can happen if "
        "the application has not been installed by the administrator of the tenant.",
    ),
    700021: Refusal(
        401,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    700023: Refusal(
        401, "invalid_client", "Client assertion audience claim does not match Realm issuer."
    ),
    700024: Refusal(401, "invalid_client", "Client assertion is not within its valid time range."),
    700027: Refusal(
        401, "invalid_client", "Client assertion contains an invalid signature. [Reason - {detail}]"
    ),
    700082: Refusal(
        400,
        _GRANT,
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00.",
    ),
    700084: Refusal(
        400, _GRANT, "The refresh token was issued to a single page app and has expired."
    ),
    700211: Refusal(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer '{detail}'.",
    ),
    700212: Refusal(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience '{detail}'.",
    ),
    700213: Refusal(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject '{detail}'.",
    ),
    900144: Refusal(
        400, "invalid_request", "The request body must contain the following parameter: '{detail}'."
    ),
    7000112: Refusal(400, "unauthorized_client", "Application '{client}' is disabled."),
    7000215: Refusal(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{client}'.",
    ),
    7000218: Refusal(
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000222: Refusal(
        401, "invalid_client", "The provided client secret keys for app '{client}' are expired."
    ),
}


class SignInError(Exception):
    """An AADSTS error to be shown; carries code, OAuth error, status and the full text."""

    def __init__(self, code: int, now: datetime, **facts: str) -> None:
        refusal = CATALOGUE.get(code) or Refusal(400, _GRANT, "The request was refused.")
        values = {"client": "", "app": "", "detail": "", "issued": "", "valid": ""} | facts
        self.code = code
        self.status = refusal.status
        self.error = refusal.error
        self.suberror = refusal.suberror
        self.text = refusal.message.format(**values)
        self._now = now
        super().__init__(f"AADSTS{code}: {self.text}")

    def body(self, correlation_id: str | None = None) -> dict[str, Any]:
        """The JSON of the token endpoint."""
        trace, correlation = str(uuid4()), correlation_id or str(uuid4())
        stamp = self._now.strftime("%Y-%m-%d %H:%M:%SZ")
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": f"{self}\r\nTrace ID: {trace}\r\n"
            f"Correlation ID: {correlation}\r\nTimestamp: {stamp}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        return body
