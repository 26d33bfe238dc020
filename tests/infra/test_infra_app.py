"""Plan, app and settings are what Azure takes, and go by the right storage and identity."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from shared.settings import SettingsInvalid, load
from tests.infra.azure_settings import APP, SAMPLE, environment_like_azure, settings_as_written
from tests.infra.bicep import MAIN, read
from tests.infra.flex_consumption import App, Part, Plan

WRITTEN = read(APP).written
HOST = "hostStorage.properties.primaryEndpoints"
DATA = "dataStorage.properties.primaryEndpoints"
SETTINGS = {
    "AzureWebJobsStorage__blobServiceUri": f"{HOST}.blob",
    "AzureWebJobsStorage__queueServiceUri": f"{HOST}.queue",
    "AzureWebJobsStorage__tableServiceUri": f"{HOST}.table",
    "AzureWebJobsStorage__credential": "'managedidentity'",
    "AzureWebJobsStorage__clientId": "identityClientId",
    "CALENDAR_STORAGE__queueServiceUri": f"{DATA}.queue",
    "CALENDAR_STORAGE__tableServiceUri": f"{DATA}.table",
    "CALENDAR_STORAGE__credential": "'managedidentity'",
    "CALENDAR_STORAGE__clientId": "identityClientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "component.properties.ConnectionString",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": (
        "'ClientId=${identityClientId};Authorization=AAD'"
    ),
    "OTEL_TRACES_SAMPLER": "'parentbased_traceidratio'",
    "OTEL_TRACES_SAMPLER_ARG": "tracesSampled",
    "PUBLIC_BASE_URL": (
        "empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl"
    ),
    "MICROSOFT_CLIENT_SECRET": (
        "microsoftCredential == 'secret' ? '${secret}microsoft-client-secret)' : ''"
    ),
    "MICROSOFT_CLIENT_CERTIFICATE": (
        "microsoftCredential == 'certificate' ? '${secret}microsoft-client-certificate)' : ''"
    ),
    "MICROSOFT_FEDERATED_CLIENT_ID": "microsoftCredential == 'identity' ? identityClientId : ''",
    "GOOGLE_CLIENT_SECRET": "empty(googleClientId) ? '' : '${secret}google-client-secret)'",
    "CRM_JWT_SECRET": "empty(crmJwksUrl) ? '${secret}crm-jwt-secret)' : ''",
    "CRM_WEBHOOK_SECRET": "empty(crmWebhookUrl) ? '' : '${secret}crm-webhook-secret)'",
    "NOTIFICATION_SECRET": "'${secret}notification-secret)'",
    "TOKEN_SEALING_KEYS": "sealingKeyUri",
}
"""What is not simply the parameter of the same name."""


@pytest.mark.parametrize(("name", "model"), [("plan", Plan), ("app", App)])
def test_plan_and_app_are_as_azure_takes_them(name: str, model: type[Part]) -> None:
    model.model_validate(WRITTEN[name])


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("properties", "functionAppConfig", "scaleAndConcurency"), {}),
        (("properties", "keyVaultReferenceIdentity"), "'SystemAssigned'"),
        (("identity", "type"), "'SystemAssigned'"),
        (("kind",), "'functionapp'"),
    ],
)
def test_an_app_that_azure_would_refuse_is_refused(at: tuple[str, ...], value: Any) -> None:
    def changed(part: Any, path: tuple[str, ...]) -> Any:
        return {**part, path[0]: changed(part[path[0]], path[1:]) if path[1:] else value}

    with pytest.raises(ValidationError):
        App.model_validate(changed(WRITTEN["app"], at))


def test_each_setting_is_what_it_says() -> None:
    written = settings_as_written()
    assert {name: written.get(name) for name in SETTINGS} == SETTINGS
    for name in written.keys() - SETTINGS.keys():
        first, *rest = name.lower().split("_")
        parameter = first + "".join(word.capitalize() for word in rest)
        assert written[name] in {parameter, f"string({parameter})"}, name


def test_secrets_are_referred_to_by_an_address_of_this_vault() -> None:
    assert read(APP).variables["secret"] == "@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/"


def test_microsofts_credential_is_one_that_the_settings_know() -> None:
    [allowed] = [
        one
        for one in read(MAIN).parameters["microsoftCredential"]["decorators"]
        if one["type"] == "allowed"
    ]
    asked = re.findall(r"microsoftCredential == '(\w+)'", " ".join(settings_as_written().values()))
    assert sorted(asked) == sorted(allowed["argument"])


# Storage by its addresses, as Azure sets them: in each cloud they are others.


@pytest.fixture
def by_addresses(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*SAMPLE, "CALENDAR_STORAGE__accountName"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment_like_azure().items():
        monkeypatch.setenv(name, value)
    for service in ("table", "queue"):
        address = f"https://stdata.{service}.core.usgovcloudapi.net/"
        monkeypatch.setenv(f"CALENDAR_STORAGE__{service}ServiceUri", address)
    return monkeypatch


def test_storage_is_found_by_its_addresses_without_a_name(
    by_addresses: pytest.MonkeyPatch,
) -> None:
    settings = load()
    assert settings.calendar_storage__account_name is None
    for service in ("table", "queue"):
        address = f"https://stdata.{service}.core.usgovcloudapi.net"
        assert settings.storage_address(service) == address


@pytest.mark.parametrize("service", ["table", "queue"])
def test_one_address_of_storage_is_not_enough(
    by_addresses: pytest.MonkeyPatch, service: str
) -> None:
    by_addresses.delenv(f"CALENDAR_STORAGE__{service}ServiceUri")
    with pytest.raises(SettingsInvalid, match=r"^Setting CALENDAR_STORAGE: .*ServiceUri"):
        load()
