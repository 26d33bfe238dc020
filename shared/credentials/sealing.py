"""Secrets at rest."""

from collections.abc import Sequence
from typing import Protocol

from shared.errors import OperatorFault


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
