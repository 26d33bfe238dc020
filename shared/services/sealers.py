"""What seals tokens, as the settings have it."""

from typing import TYPE_CHECKING

from shared.services.lifetime import opened
from shared.services.storage import identity
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.credentials.data_keys import EnvelopeSealer
    from shared.credentials.sealing import KindOfSealer, Sealer


def sealer_of(chosen: Settings) -> "Sealer":
    """Seals by the first key that the settings name; opens by any."""
    from shared.credentials.fernet import FernetSealer
    from shared.credentials.sealing import Sealers

    words = [key.get_secret_value() for key in chosen.token_sealing_keys]
    fernet = [word for word in words if not word.startswith("https://")]
    sealers: list[KindOfSealer] = [
        _in_key_vault(word, chosen) for word in words if word not in fernet
    ]
    if fernet:
        sealers.insert(0 if words[0] == fernet[0] else len(sealers), FernetSealer(fernet))
    return Sealers(sealers)


def _in_key_vault(key_id: str, chosen: Settings) -> "EnvelopeSealer":
    from azure.keyvault.keys.aio import KeyClient

    from shared.credentials.data_keys import EnvelopeSealer
    from shared.credentials.key_vault import WAITS, KeyVaultKey, vault_of

    client = KeyClient(vault_of(key_id), identity(chosen), **WAITS)
    opened(client.close)
    return EnvelopeSealer(KeyVaultKey(key_id, client))
