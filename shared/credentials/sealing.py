"""Secrets at rest."""

from collections.abc import Sequence
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import OperatorFault


class Sealer(Protocol):
    def seal(self, secret: bytes) -> bytes: ...

    def open(self, sealed: bytes) -> bytes:
        """Raises OperatorFault where no key opens it: the keys are wrong, nobody's account is."""
        ...


class FernetSealer:
    """Seals with the first key; opens with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: bytes) -> bytes:
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise OperatorFault("No key opens the kept sign-ins.") from None
