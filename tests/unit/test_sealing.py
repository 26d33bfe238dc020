"""Secrets at rest."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from shared.credentials.sealing import FernetSealer
from shared.errors import OperatorFault

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_and_shows_nothing(secret: bytes) -> None:
    sealed = FernetSealer([NEW]).seal(secret)
    assert FernetSealer([NEW]).open(sealed) == secret
    assert len(secret) < 8 or secret not in sealed


def test_the_newest_key_seals_and_any_opens() -> None:
    rotated = FernetSealer([NEW, OLD])
    assert rotated.open(FernetSealer([OLD]).seal(b"secret")) == b"secret"
    sealed = rotated.seal(b"secret")
    assert FernetSealer([NEW]).open(sealed) == b"secret"
    with pytest.raises(OperatorFault):
        FernetSealer([OLD]).open(sealed)


@given(st.binary(max_size=200))
def test_what_was_not_sealed_by_us_does_not_open(data: bytes) -> None:
    with pytest.raises(OperatorFault):
        FernetSealer([NEW, OLD]).open(data)


def test_what_was_changed_does_not_open() -> None:
    sealed = FernetSealer([NEW]).seal(b"secret")
    for changed in (sealed[:-1], sealed[:10] + b"A" + sealed[11:], sealed[::-1]):
        if changed != sealed:
            with pytest.raises(OperatorFault):
                FernetSealer([NEW, STRANGE]).open(changed)
