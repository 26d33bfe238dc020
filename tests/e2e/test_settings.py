"""Settings: a missing or malformed one stops the start, named in one line that shows no value."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import Settings, SettingsInvalid, load
from tests.certificates import Certificate
from tests.key_vault import KEY_ID

ROOT = Path(__file__).resolve().parents[2]
OF_THE_HOST = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME"}
IDENTITY_FORM = {
    "CALENDAR_STORAGE__accountName",
    "CALENDAR_STORAGE__tableServiceUri",
    "CALENDAR_STORAGE__queueServiceUri",
    "CALENDAR_STORAGE__clientId",
}
SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))[
    "Values"
]
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
REQUIRED = [
    "CALENDAR_STORAGE",
    "PUBLIC_BASE_URL",
    "MICROSOFT_CLIENT_ID",
    "MICROSOFT_CLIENT_SECRET",
    "CRM_JWT_ISSUER",
    "CRM_JWT_AUDIENCE",
    "CRM_JWT_SECRET",
    "RETURN_URL_ORIGINS",
    "TOKEN_SEALING_KEYS",
    "NOTIFICATION_SECRET",
]


def names_read() -> set[str]:
    """The environment variables that make up the settings."""
    return {
        str(field.validation_alias or name.upper()) for name, field in Settings.model_fields.items()
    }


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with the settings of the sample, and none of others."""
    for name in names_read() & os.environ.keys():
        monkeypatch.delenv(name)
    for name in SAMPLE.keys() - OF_THE_HOST:
        monkeypatch.setenv(name, SAMPLE[name])
    return monkeypatch


def refusal() -> str:
    with pytest.raises(SettingsInvalid) as refused:
        load()
    return str(refused.value)


def test_the_sample_lists_every_setting_that_is_read_and_no_other() -> None:
    assert set(SAMPLE) == (names_read() - IDENTITY_FORM) | OF_THE_HOST


def test_the_document_of_settings_lists_the_same() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(SAMPLE) - {
        "FUNCTIONS_WORKER_RUNTIME"
    }


def test_the_sample_is_good_as_it_is(sample: pytest.MonkeyPatch) -> None:
    settings = load()
    assert settings.callback_url("outlook") == "http://localhost:7071/api/oauth/outlook/callback"
    assert settings.return_url_origins == ["http://localhost:7071", "https://crm.example"]
    assert settings.crm_jwks_url is None
    assert settings.extra_ca_bundle is None


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_one_is_named(sample: pytest.MonkeyPatch, name: str, empty: bool) -> None:
    if empty:
        sample.setenv(name, "")
    else:
        sample.delenv(name)
    text = refusal()
    assert re.match(rf"Setting {name}\b", text), text
    assert "\n" not in text


def test_the_others_have_a_value_of_their_own(sample: pytest.MonkeyPatch) -> None:
    for name in names_read() - set(REQUIRED):
        sample.delenv(name, raising=False)
    settings = load()
    assert settings.microsoft_authority == "https://login.microsoftonline.com/common"
    assert settings.graph_base_url == "https://graph.microsoft.com/v1.0"
    assert settings.google_client_id is None
    assert settings.google_auth_base_url == "https://accounts.google.com"
    assert settings.google_api_base_url == "https://www.googleapis.com"
    assert (settings.sync_window_past_days, settings.sync_window_future_days) == (30, 365)
    assert (settings.sweep_minutes, settings.sweep_minutes_without_push) == (60, 5)
    assert settings.stale_after_minutes == 120


OURS, OTHER = Certificate(), Certificate(days=91)
NOT_ADDRESSES = ["crm.example.zz", "ftp://crm.example.zz", "https://", "https://zz.example/?a=1"]
MALFORMED: dict[str, list[str]] = {
    "CALENDAR_STORAGE": ["zz", "AccountName=zz", "AccountKey=zz;", "https://zz.example/"],
    "PUBLIC_BASE_URL": [*NOT_ADDRESSES, "https://zz.example/#a"],
    "MICROSOFT_AUTHORITY": NOT_ADDRESSES,
    "MICROSOFT_CLIENT_CERTIFICATE": ["zz", OURS.public, OURS.private() + OTHER.public],
    "GRAPH_BASE_URL": NOT_ADDRESSES,
    "GOOGLE_AUTH_BASE_URL": NOT_ADDRESSES,
    "GOOGLE_API_BASE_URL": NOT_ADDRESSES,
    "CRM_JWT_SECRET": ["zz-too-short"],
    "CRM_WEBHOOK_URL": [
        *NOT_ADDRESSES[:3],
        "https://crm.example:zz/",
        "https://[zz]/",
        "https://user:zz@crm.example/",
        "https://crm.example/#zz",
        "https://crm.example/zz zz",
        "https://zzé.example/",
    ],
    "CRM_WEBHOOK_SECRET": [
        "zz",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        f"{SECRET} zz",
        f"{SECRET}\n!zz",
        f"{SECRET} {SECRET} {SECRET}",
    ],
    "CRM_WEBHOOK_ALLOW_PRIVATE": ["zz"],
    "RETURN_URL_ORIGINS": [
        *NOT_ADDRESSES,
        "https://crm.example zz",
        "https://crm.example/zz",
        "https://zz@crm.example",
        "*",
    ],
    "TOKEN_SEALING_KEYS": [
        "zz",
        "zz=!",
        f"{SAMPLE['TOKEN_SEALING_KEYS']} zz",
        SAMPLE["TOKEN_SEALING_KEYS"][:-4],
        f"{SAMPLE['TOKEN_SEALING_KEYS']},{SAMPLE['TOKEN_SEALING_KEYS']}",
        "http://zz.vault.azure.net/keys/zz",
        "https://zz.vault.azure.net/keys/zz/",
        "https://zz.vault.azure.net/keys/zz/0123456789abcdef0123456789abcdef",
        "https://zz.vault.azure.net/secrets/zz",
        "https://zz@vault.azure.net/keys/zz",
        f"https://zz.vault.azure.net/keys/zz,{SAMPLE['TOKEN_SEALING_KEYS']}",
        "   ",
    ],
    "NOTIFICATION_SECRET": ["zz-too-short"],
    "EXTRA_CA_BUNDLE": ["zz-not-there.pem", "function_app.py"],
    "SYNC_WINDOW_PAST_DAYS": ["zz", "0", "-77", "366", "30.5"],
    "SYNC_WINDOW_FUTURE_DAYS": ["zz", "91", "1001"],
    "SWEEP_MINUTES": ["zz", "0", "77", "120"],
    "SWEEP_MINUTES_WITHOUT_PUSH": ["zz", "0", "-5", "77"],
    "STALE_AFTER_MINUTES": ["zz", "0", "-77"],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_one_is_named_and_its_value_never_shown(
    sample: pytest.MonkeyPatch, name: str
) -> None:
    sample.chdir(ROOT)
    for value in MALFORMED[name]:
        sample.setenv(name, value)
        text = refusal()
        assert re.match(rf"Setting {name}\b", text), (value, text)
        assert "\n" not in text
        assert "zz" not in text
        assert value not in text.removeprefix(f"Setting {name}") or value in {"0", "-5", "*", "   "}


def test_the_keys_of_the_crm_are_a_secret_or_an_address_and_not_both(
    sample: pytest.MonkeyPatch,
) -> None:
    sample.setenv("CRM_JWKS_URL", "https://crm.example/keys")
    assert refusal().startswith("Setting CRM_JWT_SECRET:")
    sample.delenv("CRM_JWT_SECRET")
    assert load().crm_jwks_url == "https://crm.example/keys"
    for value in NOT_ADDRESSES:
        sample.setenv("CRM_JWKS_URL", value)
        text = refusal()
        assert text.startswith("Setting CRM_JWKS_URL:")
        assert "zz" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MICROSOFT_CLIENT_CERTIFICATE", OURS.pem),
        ("MICROSOFT_FEDERATED_CLIENT_ID", "22222222-3333-4444-5555-666666666666"),
    ],
)
def test_microsoft_is_shown_a_secret_a_certificate_or_an_identity_and_no_two(
    sample: pytest.MonkeyPatch, name: str, value: str
) -> None:
    sample.setenv(name, value)
    text = refusal()
    assert re.match(r"Setting MICROSOFT_CLIENT_SECRET: .*\bno two\b", text), text
    sample.delenv("MICROSOFT_CLIENT_SECRET")
    assert "PRIVATE KEY" not in repr(load())
    sample.delenv(name)
    text = refusal()
    assert text.startswith("Setting MICROSOFT_CLIENT_SECRET:")
    assert name in text


def test_tokens_may_be_sealed_in_key_vault_and_by_fernet_keys(sample: pytest.MonkeyPatch) -> None:
    for value in (KEY_ID, f"{KEY_ID} {SAMPLE['TOKEN_SEALING_KEYS']}"):
        sample.setenv("TOKEN_SEALING_KEYS", value)
        assert [key.get_secret_value() for key in load().token_sealing_keys] == value.split()


def test_google_is_there_with_a_client_and_its_secret_or_not_at_all(
    sample: pytest.MonkeyPatch,
) -> None:
    assert load().google_client_id is None
    sample.setenv("GOOGLE_CLIENT_ID", "zz.apps.googleusercontent.com")
    assert refusal() == "Setting GOOGLE_CLIENT_SECRET: is missing"
    sample.setenv("GOOGLE_CLIENT_SECRET", "zz-secret")
    settings = load()
    assert settings.google_client_id == "zz.apps.googleusercontent.com"
    assert "zz-secret" not in repr(settings)
    sample.delenv("GOOGLE_CLIENT_ID")
    assert refusal() == "Setting GOOGLE_CLIENT_ID: is missing"


def test_a_webhook_needs_a_secret_and_tls(sample: pytest.MonkeyPatch) -> None:
    assert load().crm_webhook_url is None
    sample.setenv("CRM_WEBHOOK_URL", "https://crm.example/hooks?from=calendars")
    assert refusal() == "Setting CRM_WEBHOOK_SECRET: is missing"
    sample.setenv("CRM_WEBHOOK_SECRET", f"{SECRET} {SECRET}")
    assert len(load().crm_webhook_secret) == 2
    sample.setenv("CRM_WEBHOOK_URL", "HTTP://crm.example.zz/hooks")
    text = refusal()
    assert text.startswith("Setting CRM_WEBHOOK_URL:")
    assert "zz" not in text
    sample.setenv("CRM_WEBHOOK_ALLOW_PRIVATE", "true")
    assert SECRET not in repr(load())


def test_storage_may_be_named_for_an_identity_instead(sample: pytest.MonkeyPatch) -> None:
    sample.delenv("CALENDAR_STORAGE")
    sample.setenv("CALENDAR_STORAGE__accountName", "calendars")
    sample.setenv("CALENDAR_STORAGE__clientId", "22222222-3333-4444-5555-666666666666")
    assert load().calendar_storage__account_name == "calendars"
    assert load().storage_address("queue") == "https://calendars.queue.core.windows.net"
    sample.setenv("CALENDAR_STORAGE__queueServiceUri", "https://calendars.queue.usgov.example/")
    assert load().storage_address("queue") == "https://calendars.queue.usgov.example"


def test_a_reference_to_key_vault_that_fails_is_no_secret(sample: pytest.MonkeyPatch) -> None:
    sample.setenv(
        "NOTIFICATION_SECRET", "@Microsoft.KeyVault(SecretUri=https://v.example/secrets/n)"
    )
    with pytest.raises(SettingsInvalid, match=r"^Setting NOTIFICATION_SECRET: its reference to"):
        load()


@pytest.mark.parametrize(
    "text",
    [
        "UseDevelopmentStorage=true",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net",
        "QueueEndpoint=https://a.example;TableEndpoint=https://b.example;SharedAccessSignature=sv=1",
    ],
)
def test_every_form_of_connection_string_is_taken(sample: pytest.MonkeyPatch, text: str) -> None:
    sample.setenv("CALENDAR_STORAGE", text)
    assert load().calendar_storage is not None


def test_origins_are_kept_as_browsers_send_them(sample: pytest.MonkeyPatch) -> None:
    sample.setenv("RETURN_URL_ORIGINS", " https://CRM.Example/   http://localhost:3000 ")
    assert load().return_url_origins == ["https://crm.example", "http://localhost:3000"]


def test_secrets_are_not_shown_where_the_settings_are(sample: pytest.MonkeyPatch) -> None:
    shown = repr(load())
    for name in ("MICROSOFT_CLIENT_SECRET", "CRM_JWT_SECRET", "TOKEN_SEALING_KEYS"):
        assert SAMPLE[name] not in shown
    assert SAMPLE["NOTIFICATION_SECRET"] not in shown
    assert SAMPLE["CALENDAR_STORAGE"] not in shown


# The start of the app, in a process of its own.


def started(code: str, **changed: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    environ = {**kept, **SAMPLE, **changed}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_app_does_not_start_with_a_malformed_setting() -> None:
    done = started("import function_app", CRM_JWT_SECRET="zz-too-short")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "Setting CRM_JWT_SECRET" in last
    assert "zz-too-short" not in done.stderr + done.stdout


def test_importing_the_app_imports_nothing_heavy() -> None:
    """A notification must be answered within seconds of a cold start."""
    heavy = (
        "msgraph",
        "msal",
        "azure.identity",
        "azure.keyvault",
        "azure.data.tables",
        "azure.storage.queue",
        "httpx",
        "httpcore",
        "standardwebhooks",
    )
    code = f"import function_app, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = started(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("provider", "request_", "status"),
    [
        (
            "outlook",
            """body=b'{"value": [{"clientState": "%s"}]}' % proof.encode()""",
            202,
        ),
        (
            "google",
            """body=b"", headers={
            "X-Goog-Resource-State": "exists", "X-Goog-Channel-Token": proof}""",
            200,
        ),
    ],
)
def test_answering_a_notification_imports_nothing_heavy(
    provider: str, request_: str, status: int
) -> None:
    heavy = (
        "msgraph",
        "msal",
        "azure.identity",
        "azure.keyvault",
        "azure.data.tables",
        "azure.storage.queue",
        "httpx",
        "httpcore",
        "standardwebhooks",
    )
    code = f"""
import sys
import azure.functions as func
import function_app
from shared.domain.model import CalendarKey
from shared.domain.proof import prove
from shared.settings import settings

proof = prove(settings().notification_secret.get_secret_value(), CalendarKey("0" * 32))
queued = []

class Out:
    set = queued.extend

for function in function_app.app.get_functions():
    if function.get_function_name() == "ReceiveNotification":
        request = func.HttpRequest("POST", "http://localhost/", {request_},
                                   route_params={{"provider": "{provider}"}})
        print(function.get_user_function()(request, Out()).status_code, len(queued))
print([m for m in {heavy!r} if m in sys.modules])
"""
    done = started(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{status} 1", "[]"]


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ["outlook"]),
        ({"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"}, ["google", "outlook"]),
    ],
    ids=["without", "with"],
)
def test_google_is_a_provider_where_it_is_set_up(changed: dict[str, str], names: list[str]) -> None:
    code = """
from shared.services import ports
print(sorted(ports().providers), sorted(ports().ways_to_sign_in))
"""
    done = started(code, **changed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{names} {names}"


@pytest.mark.parametrize(
    ("keys", "seals", "loaded"),
    [
        ([SAMPLE["TOKEN_SEALING_KEYS"]], "FernetSealer", False),
        ([KEY_ID], "EnvelopeSealer", True),
        ([KEY_ID, SAMPLE["TOKEN_SEALING_KEYS"]], "EnvelopeSealer", True),
        ([SAMPLE["TOKEN_SEALING_KEYS"], KEY_ID], "FernetSealer", True),
    ],
)
def test_the_first_key_seals_and_what_key_vault_needs_is_loaded_for_it_alone(
    keys: list[str], seals: str, loaded: bool
) -> None:
    code = """
import sys
from shared.services import ports
sealers = ports().sealer._sealers
print(type(sealers[0]).__name__, len(sealers), "azure.keyvault" in sys.modules)
"""
    done = started(code, TOKEN_SEALING_KEYS=" ".join(keys))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [seals, str(len(keys)), str(loaded)]
