"""Settings, from the environment. A missing or malformed one stops the start, named in one line."""

import os
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.domain.due import Horizon
from shared.setting_types import (
    BaseUrl,
    Certificates,
    ClientCertificate,
    ConnectionString,
    Origins,
    Period,
    SealingKeys,
    Secret,
    Text,
    WebhookAddress,
    WebhookSecrets,
)


class SettingsInvalid(Exception):
    """Raised at the start; its text is one line that names the setting."""


class Settings(BaseSettings):
    """What each is for: docs/settings.md."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    calendar_storage: ConnectionString | None = None
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
    microsoft_client_id: Text
    microsoft_client_secret: Secret | None = None
    microsoft_client_certificate: ClientCertificate | None = None
    microsoft_federated_client_id: str | None = None
    microsoft_authority: BaseUrl = "https://login.microsoftonline.com/common"
    graph_base_url: BaseUrl = "https://graph.microsoft.com/v1.0"
    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None
    google_auth_base_url: BaseUrl = "https://accounts.google.com"
    google_api_base_url: BaseUrl = "https://www.googleapis.com"
    crm_jwt_issuer: Text
    crm_jwt_audience: Text
    crm_jwt_secret: Annotated[SecretStr | None, Field(min_length=32)] = None
    crm_jwks_url: BaseUrl | None = None
    crm_webhook_url: WebhookAddress | None = None
    crm_webhook_secret: WebhookSecrets = []
    crm_webhook_allow_private: bool = False
    return_url_origins: Origins
    token_sealing_keys: SealingKeys
    notification_secret: Annotated[SecretStr, Field(min_length=32)]
    applicationinsights_connection_string: Secret | None = None
    extra_ca_bundle: Certificates | None = None
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
