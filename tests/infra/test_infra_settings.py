"""Every setting that is read is set in Azure, and none other."""

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.settings import Settings
from tests.infra.azure_settings import SAMPLE, environment_like_azure, settings_in_azure
from tests.infra.bicep import INFRA, MAIN, of_type, read

VAULT = INFRA / "modules" / "vault.bicep"
LOCAL_STORAGE = {"CALENDAR_STORAGE"}
"""A connection string, for local use; Azure has the identity form."""
BY_HAND = {"CALENDAR_STORAGE__accountName"}
"""Of the name the host makes addresses of the public cloud; Azure sets the addresses."""
SEALING = "TOKEN_SEALING_KEYS"
NO_SECRETS_IN_AZURE = {SEALING, "APPLICATIONINSIGHTS_CONNECTION_STRING"}
"""The address of a key in the vault; and that of a component to which identities alone write."""
MADE_IN_THE_VAULT = {"microsoft-client-certificate"}
"""By its owner: Bicep makes no certificates."""
IDENTITY_FORM = {
    *BY_HAND,
    "CALENDAR_STORAGE__tableServiceUri",
    "CALENDAR_STORAGE__queueServiceUri",
    "CALENDAR_STORAGE__clientId",
}
READ_BY_THE_HOST_LOCALLY = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME"}
READ_BY_THE_HOST = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "CALENDAR_STORAGE__credential",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
# https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
READ_BY_OPENTELEMETRY = {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
SECRETS = {
    "MICROSOFT_CLIENT_SECRET": "microsoft-client-secret",
    "MICROSOFT_CLIENT_CERTIFICATE": "microsoft-client-certificate",
    "GOOGLE_CLIENT_SECRET": "google-client-secret",
    "CRM_JWT_SECRET": "crm-jwt-secret",
    "CRM_WEBHOOK_SECRET": "crm-webhook-secret",
    "NOTIFICATION_SECRET": "notification-secret",
}


def names_read() -> set[str]:
    """The environment variables that make up the application's settings."""
    return {
        str(field.validation_alias or name.upper()) for name, field in Settings.model_fields.items()
    }


def test_azure_sets_every_setting_that_is_read_and_no_other() -> None:
    expected = (names_read() - LOCAL_STORAGE - BY_HAND) | READ_BY_THE_HOST | READ_BY_OPENTELEMETRY
    assert set(settings_in_azure()) == expected


def test_the_sample_sets_every_setting_that_is_read_and_no_other() -> None:
    assert set(SAMPLE) == (names_read() - IDENTITY_FORM) | READ_BY_THE_HOST_LOCALLY


def test_secrets_are_references_to_the_vault_and_nothing_else_is() -> None:
    hidden = {name for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    hidden = {name.upper() for name in hidden} - LOCAL_STORAGE - NO_SECRETS_IN_AZURE
    assert hidden == set(SECRETS)
    for name, value in settings_in_azure().items():
        refers = f"${{secret}}{SECRETS[name]})" in json.dumps(value) if name in SECRETS else False
        assert refers == (name in SECRETS), name
        assert ("${secret}" in json.dumps(value)) == (name in SECRETS), name


def test_each_secret_that_is_referred_to_is_in_the_vault() -> None:
    kept = of_type(read(VAULT), "Microsoft.KeyVault/vaults/secrets")
    assert {item["name"] for item in kept.values()} == set(SECRETS.values()) - MADE_IN_THE_VAULT
    for item in kept.values():
        assert item["properties"]["value"] in read(VAULT).secure, item["name"]


def test_defaults_in_azure_are_those_of_the_application() -> None:
    parameters = read(MAIN).parameters
    for name, parameter in {
        "sync_window_past_days": "syncWindowPastDays",
        "sync_window_future_days": "syncWindowFutureDays",
        "sweep_minutes": "sweepMinutes",
        "sweep_minutes_without_push": "sweepMinutesWithoutPush",
        "stale_after_minutes": "staleAfterMinutes",
        "crm_webhook_allow_private": "crmWebhookAllowPrivate",
    }.items():
        assert parameters[parameter]["default"] == Settings.model_fields[name].default, name


def test_all_traces_are_kept_unless_it_is_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in READ_BY_OPENTELEMETRY:
        monkeypatch.setenv(name, environment_like_azure()[name])
    assert read(MAIN).parameters["tracesSampled"]["default"] == "1.0"
    assert "TraceIdRatioBased{1.0}" in TracerProvider().sampler.get_description()


def test_the_app_starts_with_what_azure_sets(bindings: list[dict[str, Any]]) -> None:
    assert {"httpTrigger", "queueTrigger", "timerTrigger"} <= {one["type"] for one in bindings}


def test_each_connection_of_a_binding_is_set(bindings: list[dict[str, Any]]) -> None:
    """One that is missing keeps the whole app from starting."""
    connections = {one["connection"] for one in bindings if "connection" in one}
    assert connections == {"CALENDAR_STORAGE"}
    for part in ("queueServiceUri", "credential", "clientId"):
        assert f"CALENDAR_STORAGE__{part}" in set(settings_in_azure())


def test_no_binding_names_a_setting_that_is_not_set(bindings: list[dict[str, Any]]) -> None:
    assert [one for one in bindings if "%" in json.dumps(one)] == []


def test_tokens_are_sealed_by_a_key_that_never_leaves_the_vault() -> None:
    [key] = of_type(read(VAULT), "Microsoft.KeyVault/vaults/keys").values()
    assert settings_in_azure()[SEALING] == "sealingKeyUri"
    assert "sealingKey" in json.dumps(read(VAULT).outputs["sealingKeyUri"])
    assert key["properties"]["kty"] == "RSA"
    assert set(key["properties"]["keyOps"]) == {"wrapKey", "unwrapKey"}
    assert "attributes" not in key["properties"]
