"""Wrapping data keys with a key in Azure Key Vault, which never leaves it.

https://learn.microsoft.com/azure/key-vault/keys/about-keys-details
"""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.keys.crypto import KeyWrapAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient

from shared.credentials.envelope import WRAPPED_BY, WrappedKey
from shared.errors import OperatorFault, ProviderUnavailable

_ALGORITHM = KeyWrapAlgorithm(WRAPPED_BY)
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})

# Vault, keys, and versions: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
_KEYS = "/keys/"

WAITS = {"retry_total": 1, "retry_status": 0, "connection_timeout": 5, "read_timeout": 10}
"""For the client: one more try where a connection broke. All else waits on the queues, since the
SDK would sleep as long as `Retry-After` says."""


def vault_of(key_id: str) -> str:
    """The address of the vault."""
    return key_id.partition(_KEYS)[0]


class KeyVaultKey:
    """A WrappingKey (see data_keys.py): RSA, `https://….vault.azure.net/keys/name`.

    Names of vaults and keys mean the same in any case. Needs the permissions get, wrapKey and
    unwrapKey, as the role Key Vault Crypto Service Encryption User gives them.
    """

    def __init__(self, key_id: str, client: KeyClient) -> None:
        self._id = key_id.casefold()
        self._name = key_id.partition(_KEYS)[2]
        self._client = client
        self._versions: dict[str, CryptographyClient] = {}

    def wrapped(self, key: WrappedKey) -> bool:
        """Nothing is sent where an envelope says, but to this key alone."""
        return key.by.rpartition("/")[0] == self._id

    async def wrap(self, secret: bytes) -> WrappedKey:
        """By the newest version. The SDK does it here, with the public half."""
        with _told_as_ours():
            newest = await self._client.get_key(self._name)
            version = str(newest.properties.version)
            done = await self._version(version).wrap_key(_ALGORITHM, secret)
        return WrappedKey(f"{self._id}/{version}".casefold(), done.encrypted_key)

    async def unwrap(self, key: WrappedKey) -> bytes:
        version = key.by.rpartition("/")[2]
        with _told_as_ours():
            return (await self._version(version).unwrap_key(_ALGORITHM, key.value)).key

    def _version(self, version: str) -> CryptographyClient:
        """Kept, since each asks for its public half once."""
        if version not in self._versions:
            client = self._client.get_cryptography_client(self._name, key_version=version)
            self._versions[version] = client
        return self._versions[version]


@contextmanager
def _told_as_ours() -> Iterator[None]:
    """Errors of the SDK as those of shared/errors.py."""
    try:
        yield
    except HttpResponseError as error:
        # No status: our identity was given no token.
        if error.status_code in _TRANSIENT:
            raise _unavailable() from None
        raise _refused(error.status_code) from None
    except AzureError:
        raise _unavailable() from None
    except ValueError:
        # Such as an address that is no vault's: the SDK keeps our token from it.
        raise _refused(None) from None


def _unavailable() -> ProviderUnavailable:
    return ProviderUnavailable("Key Vault did not answer.", code="key_vault_unavailable")


def _refused(status: int | None) -> OperatorFault:
    return OperatorFault(f"Key Vault refused: {status or 'no token'}.", code="key_vault_refused")
