"""Applications that prove who they are by an assertion instead of a secret.

Signed with a certificate of theirs:
learn.microsoft.com/entra/identity-platform/certificate-credentials
Issued by somebody they trust:
learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

import base64
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jwt.types import Options

from sandbox.microsoft.entra.errors import SignInError
from sandbox.microsoft.registration import AppRegistration

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SKEW = timedelta(minutes=5)
_ALGORITHMS = ["PS256", "RS256"]
_SIGNATURE_ALONE: Options = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_THUMBPRINTS: dict[str, hashes.HashAlgorithm] = {
    "x5t#S256": hashes.SHA256(),
    "x5t": hashes.SHA1(),
}


def check(
    app: AppRegistration, form: Mapping[str, str], audiences: Collection[str], now: datetime
) -> None:
    """`audiences` are the names of the endpoint that was called. Raises SignInError."""
    if form.get("client_assertion_type") != _TYPE:
        raise SignInError(900144, now, detail="client_assertion_type")
    text = form["client_assertion"]
    try:
        header = jwt.get_unverified_header(text)
        claims = jwt.decode(text, options={"verify_signature": False})
    except jwt.DecodeError:
        raise SignInError(50027, now) from None
    if claims.get("iss") == app.client_id:
        _check_signature(text, _certificate(app, header, now).public_key(), now)
        if claims.get("sub") != app.client_id:
            raise SignInError(700021, now)
        if claims.get("aud") not in audiences:
            raise SignInError(700023, now)
    else:
        _check_signature(text, _trusted(app, claims, now), now)
    _check_time(claims, now)


def _certificate(
    app: AppRegistration, header: Mapping[str, Any], now: datetime
) -> x509.Certificate:
    name = next((name for name in _THUMBPRINTS if name in header), None)
    for pem in app.certificates if name else ():
        found = x509.load_pem_x509_certificate(pem.encode())
        # MSAL for Python pads it, and Entra takes that.
        if name and _thumbprint(found, name) == str(header[name]).rstrip("="):
            if found.not_valid_after_utc < now:
                raise SignInError(700027, now, detail="The key used is expired.")
            return found
    raise SignInError(700027, now, detail="The key was not found.")


def _thumbprint(certificate: x509.Certificate, name: str) -> str:
    digest = certificate.fingerprint(_THUMBPRINTS[name])
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _trusted(app: AppRegistration, claims: Mapping[str, Any], now: datetime) -> Any:
    """The key of the federated credential with that issuer, subject and audience."""
    found = app.federated_credentials
    for code, name, claim in (
        (700211, "issuer", "iss"),
        (700213, "subject", "sub"),
        (700212, "audience", "aud"),
    ):
        presented = str(claims.get(claim))
        found = tuple(one for one in found if one[name] == presented)
        if not found:
            raise SignInError(code, now, detail=presented)
    return found[0]["publicKey"]


def _check_signature(text: str, key: Any, now: datetime) -> None:
    try:
        jwt.decode(text, key, algorithms=_ALGORITHMS, options=_SIGNATURE_ALONE)
    except jwt.InvalidTokenError:
        detail = "The key was found, but use of the key to verify the signature failed."
        raise SignInError(700027, now, detail=detail) from None


def _check_time(claims: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    begins, ends = claims.get("nbf", moment), claims.get("exp", 0)
    skew = _SKEW.total_seconds()
    if not begins - skew <= moment < ends + skew:
        raise SignInError(700024, now)
