"""Envelopes: a secret under a data key, with that key wrapped beside it.

They are JWEs in compact form, https://www.rfc-editor.org/rfc/rfc7516: what wraps the data keys is
named in the header by its id and version.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.credentials.sealing import opened_by_none

WRAPPED_BY = "RSA-OAEP-256"
_SEALED_BY = "A256GCM"
_KEY_BITS = 256
_NONCE_BYTES = 12
_TAG_BYTES = 16
_PARTS = 5


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """`by` is the id, with its version, of what wrapped it."""

    by: str
    value: bytes


@dataclass(frozen=True, slots=True)
class DataKey:
    secret: bytes = field(repr=False)
    wrapped: WrappedKey


@dataclass(frozen=True, slots=True)
class Envelope:
    """`header` is as it was written: what is sealed is bound to it."""

    key: WrappedKey
    header: bytes
    nonce: bytes
    sealed: bytes


def new_secret() -> bytes:
    """Of a data key."""
    return AESGCM.generate_key(_KEY_BITS)


def put_in(secret: bytes, key: DataKey) -> bytes:
    fields = {"alg": WRAPPED_BY, "enc": _SEALED_BY, "kid": key.wrapped.by}
    header = _encoded(json.dumps(fields, separators=(",", ":")).encode())
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key.secret).encrypt(nonce, secret, header)
    parts = key.wrapped.value, nonce, sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    return b".".join((header, *map(_encoded, parts)))


def read(sealed: bytes) -> Envelope | None:
    """None for what is no envelope of ours."""
    parts = sealed.split(b".")
    if len(parts) != _PARTS:
        return None
    try:
        fields = json.loads(_decoded(parts[0]))
        wrapped, nonce, text, tag = map(_decoded, parts[1:])
        key = WrappedKey(str(fields["kid"]), wrapped)
    except (ValueError, KeyError, TypeError):
        return None
    if (fields.get("alg"), fields.get("enc")) != (WRAPPED_BY, _SEALED_BY):
        return None
    return Envelope(key, parts[0], nonce, text + tag)


def take_out(envelope: Envelope, key: DataKey) -> bytes:
    """Raises OperatorFault."""
    try:
        return AESGCM(key.secret).decrypt(envelope.nonce, envelope.sealed, envelope.header)
    except (InvalidTag, ValueError):
        raise opened_by_none() from None


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Raises ValueError for what `_encoded` would not have written."""
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if _encoded(data) != text:
        raise binascii.Error
    return data
