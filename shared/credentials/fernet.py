"""Secrets sealed by keys of the settings: for local work, and where there is no Key Vault."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.credentials.sealing import opened_by_none

_FERNET = b"gAAAA"
"""How Fernet tokens begin: their version, then the upper half of a time in seconds."""


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
