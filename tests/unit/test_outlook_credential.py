"""A certificate instead of a secret, in the forms in which Key Vault gives one out."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from shared.providers.outlook.credential import by_certificate
from tests.certificates import Certificate

OURS, OTHER = Certificate(), Certificate(days=91)
LOCKED = BestAvailableEncryption(b"password")


@pytest.mark.parametrize(
    "text",
    [
        OURS.pem,
        OURS.public + OURS.private(),
        # As with a chain, or the next certificate beside the present one.
        OURS.private() + OTHER.public + OURS.public,
        OURS.pem.replace("\n", "\r\n"),
        OURS.pem.replace("\n", " "),
        base64.b64encode(OURS.pfx()).decode(),
    ],
    ids=["PEM", "certificate first", "with others", "CRLF", "in one line", "PFX"],
)
def test_a_key_and_its_certificate_are_found(text: str) -> None:
    assert by_certificate(text) == {
        "private_key": OURS.private(),
        "public_certificate": OURS.public,
    }


ELLIPTIC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zz",
        OURS.private(),
        OURS.public,
        OURS.private() + OTHER.public,
        OURS.private(LOCKED) + OURS.public,
        ELLIPTIC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        + OURS.public,
        base64.b64encode(OURS.pfx(LOCKED)).decode(),
        base64.b64encode(b"zz").decode(),
    ],
    ids=[
        "empty",
        "no Base64",
        "key alone",
        "certificate alone",
        "of another key",
        "PEM with password",
        "elliptic",
        "PFX with password",
        "no PFX",
    ],
)
def test_what_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="must be a PEM or a PFX in Base64") as raised:
        by_certificate(text)
    assert len(str(raised.value)) < 100
