"""What the value of each kind of setting must look like; the messages follow a setting's name."""

import base64
import re
import ssl
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from shared.domain.due import MINUTES

T = TypeVar("T")


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address without query")
    return text.rstrip("/")


def _origin(text: str) -> str:
    """As browsers send it: they would never send one with a path, or with capitals."""
    address = _base_url(text)
    parts = urlsplit(address)
    if parts.path or "@" in parts.netloc:
        raise ValueError("must be origins, such as https://crm.example, without path")
    return address.lower()


def _connection_string(secret: SecretStr) -> SecretStr:
    parts = secret.get_secret_value().split(";")
    names = {part.partition("=")[0].strip().lower() for part in parts if "=" in part}
    if not any(needed <= names for needed in _CONNECTION_STRINGS):
        raise ValueError("must be the connection string of a storage account")
    return secret


def _certificates(path: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError:
        raise ValueError("must be the path of a PEM file of certificates") from None
    return path


def _words(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


def _divides_an_hour(minutes: int) -> int:
    if MINUTES % minutes:
        raise ValueError("must divide 60")
    return minutes


def _sealing_keys(keys: list[SecretStr]) -> list[SecretStr]:
    """Fernet alone would take two keys joined by a comma for the first of them."""
    words = [key.get_secret_value() for key in keys]
    if not all(_FERNET_KEY.fullmatch(word) or _KEY_VAULT_KEY.fullmatch(word) for word in words):
        raise ValueError(
            "must be addresses https://…/keys/… of keys in Key Vault, without version, or Fernet "
            "keys, separated by spaces"
        )
    return keys


def _client_certificate(secret: SecretStr) -> SecretStr:
    # Heavy, and needed only where there is one.
    from shared.providers.outlook.credential import by_certificate

    by_certificate(secret.get_secret_value())
    return secret


def _webhook_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its text quotes the address
        good = False
    if not good or not _PRINTABLE.fullmatch(text) or "#" in text or "@" in parts.netloc:
        raise ValueError("must be an address in ASCII, without credentials or fragment")
    return text


def _webhook_secrets(secrets: list[SecretStr]) -> list[SecretStr]:
    if not all(_is_webhook_secret(secret.get_secret_value()) for secret in secrets):
        raise ValueError("must be secrets whsec_… of 24 to 64 bytes, separated by spaces")
    return secrets


def _is_webhook_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(_WEBHOOK_SECRET), validate=True)
    except ValueError:
        return False
    return text.startswith(_WEBHOOK_SECRET) and 24 <= len(key) <= 64


_PRINTABLE = re.compile(r"[!-~]+")
_WEBHOOK_SECRET = "whsec_"  # noqa: S105  # how each begins
_FERNET_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")  # 32 bytes
_KEY_VAULT_KEY = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/keys/[A-Za-z0-9-]{1,127}")
_CONNECTION_STRINGS = (
    {"usedevelopmentstorage"},
    {"accountname", "accountkey"},
    {"sharedaccesssignature"},
)

BaseUrl = Annotated[str, AfterValidator(_base_url)]
Certificates = Annotated[str, AfterValidator(_certificates)]
ClientCertificate = Annotated[SecretStr, AfterValidator(_client_certificate)]
ConnectionString = Annotated[SecretStr, AfterValidator(_connection_string)]
Period = Annotated[int, Field(ge=1, le=MINUTES), AfterValidator(_divides_an_hour)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
WebhookAddress = Annotated[str, AfterValidator(_webhook_address)]

_Words = Annotated[list[T], NoDecode, BeforeValidator(_words)]
_Origin = Annotated[str, AfterValidator(_origin)]
Origins = Annotated[_Words[_Origin], Field(min_length=1)]
SealingKeys = Annotated[_Words[SecretStr], AfterValidator(_sealing_keys), Field(min_length=1)]
WebhookSecrets = Annotated[_Words[SecretStr], AfterValidator(_webhook_secrets), Field(max_length=2)]
