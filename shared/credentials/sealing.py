"""Secrets at rest."""

from collections.abc import Sequence
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import OperatorFault

_FERNET = b"gAAAA"
"""How Fernet tokens begin: their version, then the upper half of a time in seconds."""


class Sealer(Protocol):
    """Both raise ProviderUnavailable where the keys are kept elsewhere and cannot be reached."""

    async def seal(self, secret: bytes) -> bytes: ...

    async def open(self, sealed: bytes) -> bytes:
        """Raises OperatorFault where no key opens it: the keys are wrong, nobody's account is."""
        ...


class KindOfSealer(Sealer, Protocol):
    """A sealer that can tell what it has sealed from what others have."""

    def knows(self, sealed: bytes) -> bool:
        """Whether it may have sealed that, by its form and without any request."""
        ...


class FernetSealer:
    """Seals with the first key; opens with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def knows(self, sealed: bytes) -> bool:
        return sealed.startswith(_FERNET)

    async def seal(self, secret: bytes) -> bytes:
        return self._fernet.encrypt(secret)

    async def open(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise opened_by_none() from None


class Sealers:
    """Seals with the first; opens what any of them has sealed, so that the kind can be changed."""

    def __init__(self, sealers: Sequence[KindOfSealer]) -> None:
        self._sealers = sealers

    async def seal(self, secret: bytes) -> bytes:
        return await self._sealers[0].seal(secret)

    async def open(self, sealed: bytes) -> bytes:
        for sealer in self._sealers:
            if sealer.knows(sealed):
                return await sealer.open(sealed)
        raise opened_by_none()


def opened_by_none() -> OperatorFault:
    return OperatorFault("No key opens the kept sign-ins.")
