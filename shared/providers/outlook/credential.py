"""How we prove to Entra who we are: a secret, a certificate, or a managed identity.

https://learn.microsoft.com/entra/identity-platform/security-best-practices-for-app-registration
"""

import base64
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from shared.errors import OperatorFault, ProviderUnavailable

Credential: TypeAlias = str | Mapping[str, str | Callable[[], str]]
"""As MSAL takes it: a secret, or with what the assertions are made."""

_AUDIENCES = {
    "login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
}
_AUDIENCE = "api://AzureADTokenExchange"
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity"""

_WRONG = "must be a PEM or a PFX in Base64 with an RSA key and its certificate, without password"


def by_certificate(text: str) -> Credential:
    """`text` is a certificate as Key Vault gives it out as a secret. Raises ValueError.

    https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#exportable-or-non-exportable-key
    """
    try:
        key, certificates = _from_pem(text) if "-----BEGIN" in text else _from_pfx(text)
    except (ValueError, TypeError):  # of a password that would be needed
        raise ValueError(_WRONG) from None
    ours = [one for one in certificates if one.public_key() == key.public_key()]
    if not ours:
        raise ValueError(_WRONG)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = ours[0].public_bytes(Encoding.PEM)
    return {"private_key": pem.decode(), "public_certificate": public.decode()}


def by_identity(client_id: str, authority: str) -> Credential:
    """The tokens of a user-assigned identity: a federated credential of our registration."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError
    from azure.identity import ManagedIdentityCredential

    identity = ManagedIdentityCredential(client_id=client_id)
    audience = _AUDIENCES.get(urlsplit(authority).hostname or "", _AUDIENCE)

    def assertion() -> str:
        """Called by MSAL in its thread for each request; the identity keeps its token."""
        try:
            return str(identity.get_token(f"{audience}/.default").token)
        except ClientAuthenticationError:
            raise OperatorFault("The managed identity was given no token.") from None
        except AzureError:
            raise ProviderUnavailable("The managed identity did not answer.") from None

    return {"client_assertion": assertion}


def _from_pem(text: str) -> tuple[RSAPrivateKey, list[x509.Certificate]]:
    key = load_pem_private_key(text.encode(), password=None)
    return _rsa(key), x509.load_pem_x509_certificates(text.encode())


def _from_pfx(text: str) -> tuple[RSAPrivateKey, list[x509.Certificate]]:
    data = base64.b64decode(text, validate=True)
    key, certificate, more = pkcs12.load_key_and_certificates(data, None)
    return _rsa(key), [*([certificate] if certificate else []), *more]


def _rsa(key: object) -> RSAPrivateKey:
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(_WRONG)
    return key
