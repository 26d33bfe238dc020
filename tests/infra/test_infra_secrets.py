"""No secret is in the files, in a plain parameter or in what a deployment puts out."""

import re

import pytest

from tests.infra.bicep import FILES, INFRA, Bicep, all_files, names_in, of_type, read, text, walk

# Parameters by these names hold a secret.
SOUNDS_SECRET = re.compile(
    r"secret|password|connectionstring|(?<!public)key(?!Uri|Name)", re.IGNORECASE
)
# Functions and properties that hand out keys.
HANDS_OUT_KEYS = re.compile(
    r"\blist[A-Z]\w*\(|\.list[A-Z]\w*\(|getSecret\(|AccountKey|SharedAccess"
)
# What a key looks like: long Base64, Fernet keys and webhook secrets among them.
LOOKS_LIKE_A_KEY = re.compile(r"whsec_|[A-Za-z0-9+/_-]{40,}={0,2}")

each_file = pytest.mark.parametrize(
    "file", all_files(), ids=[str(path.relative_to(INFRA)) for path in FILES]
)


@each_file
def test_parameters_that_hold_a_secret_are_secure(file: Bicep) -> None:
    plain = set(file.parameters) - file.secure
    assert {name for name in plain if SOUNDS_SECRET.search(name)} == set()


@each_file
def test_secure_parameters_have_no_default_but_empty(file: Bicep) -> None:
    for name in file.secure:
        assert file.parameters[name]["default"] in {None, ""}, name


@each_file
def test_secrets_are_passed_on_to_secure_parameters_alone(file: Bicep) -> None:
    for module in file.modules:
        wanted = read(file.module_file(module))
        for name, value in file.given(module).items():
            if isinstance(value, str) and value in file.secure:
                assert name in wanted.secure, f"{module}: {name}"


@each_file
def test_no_secret_is_in_an_output_or_a_variable(file: Bicep) -> None:
    kept = [
        node
        for node in walk(file.syntax)
        if node.type in {"output_declaration", "variable_declaration"}
    ]
    for node in kept:
        assert names_in(node) & file.secure == set(), text(node)
    assert {name for name in file.outputs if SOUNDS_SECRET.search(name)} <= {"AZURE_KEY_VAULT_NAME"}


@each_file
def test_no_key_is_asked_for_or_written_out(file: Bicep) -> None:
    written = file.path.read_text("utf-8")
    assert HANDS_OUT_KEYS.findall(written) == []
    texts = [text(node) for node in walk(file.syntax) if node.type == "string_content"]
    assert [
        one for one in texts if LOOKS_LIKE_A_KEY.search(one) and not one.startswith("Microsoft.")
    ] == []


def test_storage_has_no_shared_keys_and_no_public_blobs() -> None:
    accounts = [
        item
        for file in all_files()
        for item in of_type(file, "Microsoft.Storage/storageAccounts").values()
    ]
    assert len(accounts) == 2
    for item in accounts:
        assert item["properties"]["allowSharedKeyAccess"] is False
        assert item["properties"]["allowBlobPublicAccess"] is False
        assert item["properties"]["defaultToOAuthAuthentication"] is True
        assert item["properties"]["supportsHttpsTrafficOnly"] is True


def test_monitoring_takes_nothing_without_an_identity() -> None:
    file = read(INFRA / "modules" / "monitoring.bicep")
    [component] = of_type(file, "Microsoft.Insights/components").values()
    assert component["properties"]["DisableLocalAuth"] is True
    [workspace] = of_type(file, "Microsoft.OperationalInsights/workspaces").values()
    assert workspace["properties"]["features"]["disableLocalAuth"] is True
