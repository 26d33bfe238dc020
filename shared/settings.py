"""Settings, from the environment. A missing or malformed one stops the start, named in one line."""

import base64
import os
import re
import ssl
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.domain.due import MINUTES, Horizon


class SettingsInvalid(Exception):
    """Raised at the start; its text is one line that names the setting."""


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
Origin = Annotated[str, AfterValidator(_origin)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Period = Annotated[int, Field(ge=1, le=MINUTES), AfterValidator(_divides_an_hour)]


class Settings(BaseSettings):
    """What each is for: docs/settings.md."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    calendar_storage: Annotated[SecretStr, AfterValidator(_connection_string)] | None = None
    calendar_storage__account_name: Annotated[
        str | None, Field(validation_alias="CALENDAR_STORAGE__accountName")
    ] = None
    calendar_storage__table_service_uri: Annotated[
        BaseUrl | None, Field(validation_alias="CALENDAR_STORAGE__tableServiceUri")
    ] = None
    calendar_storage__queue_service_uri: Annotated[
        BaseUrl | None, Field(validation_alias="CALENDAR_STORAGE__queueServiceUri")
    ] = None
    calendar_storage__client_id: Annotated[
        str | None, Field(validation_alias="CALENDAR_STORAGE__clientId")
    ] = None
    public_base_url: BaseUrl
    microsoft_client_id: Annotated[str, Field(min_length=1)]
    microsoft_client_secret: Secret | None = None
    microsoft_client_certificate: (
        Annotated[SecretStr, AfterValidator(_client_certificate)] | None
    ) = None
    microsoft_federated_client_id: str | None = None
    microsoft_authority: BaseUrl = "https://login.microsoftonline.com/common"
    graph_base_url: BaseUrl = "https://graph.microsoft.com/v1.0"
    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None
    google_auth_base_url: BaseUrl = "https://accounts.google.com"
    google_api_base_url: BaseUrl = "https://www.googleapis.com"
    crm_jwt_issuer: Annotated[str, Field(min_length=1)]
    crm_jwt_audience: Annotated[str, Field(min_length=1)]
    crm_jwt_secret: Annotated[SecretStr | None, Field(min_length=32)] = None
    crm_jwks_url: BaseUrl | None = None
    crm_webhook_url: Annotated[str, AfterValidator(_webhook_address)] | None = None
    crm_webhook_secret: Annotated[
        list[SecretStr],
        NoDecode,
        BeforeValidator(_words),
        AfterValidator(_webhook_secrets),
        Field(max_length=2),
    ] = []
    crm_webhook_allow_private: bool = False
    return_url_origins: Annotated[
        list[Origin], NoDecode, BeforeValidator(_words), Field(min_length=1)
    ]
    token_sealing_keys: Annotated[
        list[SecretStr],
        NoDecode,
        BeforeValidator(_words),
        AfterValidator(_sealing_keys),
        Field(min_length=1),
    ]
    notification_secret: Annotated[SecretStr, Field(min_length=32)]
    applicationinsights_connection_string: Secret | None = None
    extra_ca_bundle: Annotated[str, AfterValidator(_certificates)] | None = None
    sync_window_past_days: Annotated[int, Field(ge=1, le=365)] = 30
    sync_window_future_days: Annotated[int, Field(ge=92, le=1000)] = 365
    sweep_minutes: Period = 60
    sweep_minutes_without_push: Period = 5
    stale_after_minutes: Annotated[int, Field(ge=1)] = 120

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if self.calendar_storage is None and not self._storage_is_named():
            raise ValueError(
                "CALENDAR_STORAGE: set it, or CALENDAR_STORAGE__tableServiceUri and "
                "CALENDAR_STORAGE__queueServiceUri"
            )
        if self.stale_after_minutes < 2 * self.sweep_minutes:
            raise ValueError("STALE_AFTER_MINUTES: must be at least twice SWEEP_MINUTES")
        if (self.crm_jwt_secret is None) == (self.crm_jwks_url is None):
            raise ValueError("CRM_JWT_SECRET: set it or CRM_JWKS_URL, and not both")
        return self

    @model_validator(mode="after")
    def _microsoft(self) -> Self:
        ways = (
            self.microsoft_client_secret,
            self.microsoft_client_certificate,
            self.microsoft_federated_client_id,
        )
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "MICROSOFT_CLIENT_SECRET: set it, MICROSOFT_CLIENT_CERTIFICATE or "
                "MICROSOFT_FEDERATED_CLIENT_ID, and no two of them"
            )
        return self

    @model_validator(mode="after")
    def _google(self) -> Self:
        if (self.google_client_id is None) != (self.google_client_secret is None):
            missing = "SECRET" if self.google_client_secret is None else "ID"
            raise ValueError(f"GOOGLE_CLIENT_{missing}: is missing")
        return self

    @model_validator(mode="after")
    def _webhook(self) -> Self:
        if self.crm_webhook_url is None:
            return self
        if not self.crm_webhook_secret:
            raise ValueError("CRM_WEBHOOK_SECRET: is missing")
        plain = urlsplit(self.crm_webhook_url).scheme == "http"
        if plain and not self.crm_webhook_allow_private:
            raise ValueError("CRM_WEBHOOK_URL: must begin with https://")
        return self

    def _storage_is_named(self) -> bool:
        """By both addresses, or by the name of the account, of which they follow."""
        addresses = (
            self.calendar_storage__table_service_uri,
            self.calendar_storage__queue_service_uri,
        )
        return self.calendar_storage__account_name is not None or None not in addresses

    def storage_address(self, service: Literal["table", "queue"]) -> str:
        """Of the storage that is reached with an identity; in the public cloud its name says it."""
        addresses = {
            "table": self.calendar_storage__table_service_uri,
            "queue": self.calendar_storage__queue_service_uri,
        }
        name = self.calendar_storage__account_name
        return addresses[service] or f"https://{name}.{service}.core.windows.net"

    @property
    def horizon(self) -> Horizon:
        return Horizon(self.sync_window_past_days, self.sync_window_future_days)

    @property
    def stale_after(self) -> timedelta:
        return timedelta(minutes=self.stale_after_minutes)

    @property
    def public_origin(self) -> str:
        parts = urlsplit(self.public_base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def provider_names(self) -> list[str]:
        """Of the providers that people can connect, as they are to be offered."""
        return ["outlook", *(["google"] if self.google_client_id else [])]

    def callback_url(self, provider: str) -> str:
        """Where the provider sends the browser back to; registered there to the letter."""
        return f"{self.public_base_url}/api/oauth/{provider}/callback"


@cache
def settings() -> Settings:
    """The settings of this process. Raises SettingsInvalid."""
    return load()


def load() -> Settings:
    """Reads the environment anew. Raises SettingsInvalid with one line that names the setting."""
    _check_references(Settings.model_fields)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid(_one_line(error)) from None


def _check_references(names: Iterable[str]) -> None:
    """A reference to Key Vault that does not resolve arrives as its own text.
    https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
    """
    for name in names:
        if os.environ.get(name.upper(), "").startswith("@Microsoft.KeyVault("):
            raise SettingsInvalid(f"Setting {name.upper()}: its reference to Key Vault fails")


def _one_line(error: ValidationError) -> str:
    """Names the first wrong setting, never its value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"Setting {message}"
    name = str(first["loc"][0])
    name = name if "__" in name else name.upper()
    return f"Setting {name}: {'is missing' if first['type'] == 'missing' else message}"
