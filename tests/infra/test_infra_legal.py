"""Names, properties and periods are such as Azure takes."""

import re

import pytest

from tests.infra.bicep import INFRA, MAIN, all_files, read

# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
LEGAL = {
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices/containers": (
        r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*"
    ),
    "Microsoft.KeyVault/vaults": r"(?=.{3,24}$)[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*",
    "Microsoft.KeyVault/vaults/keys": r"[a-zA-Z0-9-]{1,127}",
    "Microsoft.KeyVault/vaults/secrets": r"[a-zA-Z0-9-]{1,127}",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,40}",
    "Microsoft.Web/sites": r"(?=.{2,60}$)[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*",
    "Microsoft.OperationalInsights/workspaces": r"(?=.{4,63}$)[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*",
    "Microsoft.Insights/components": r"[\w.()-]{1,260}",
    "Microsoft.Insights/actionGroups": r"[\w .()-]{1,260}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][\w-]{2,127}",
    "Microsoft.Consumption/budgets": r"[\w-]{1,63}",
    "Microsoft.Network/virtualNetworks": r"(?=.{2,64}$)[a-zA-Z0-9][\w.-]*\w",
    "Microsoft.Network/networkSecurityGroups": r"(?=.{1,80}$)[a-zA-Z0-9][\w.-]*\w",
}
# uniqueString: https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string
TOKEN = "a" * 13
# https://learn.microsoft.com/azure/templates/microsoft.storage/storageaccounts
STORAGE = {
    "accessTier": {"'Hot'"},
    "allowBlobPublicAccess": {"false"},
    "allowCrossTenantReplication": {"false"},
    "allowSharedKeyAccess": {"false"},
    "defaultToOAuthAuthentication": {"true"},
    "minimumTlsVersion": {"'TLS1_2'", "'TLS1_3'"},
    "supportsHttpsTrafficOnly": {"true"},
    "publicNetworkAccess": {"private ? 'Disabled' : 'Enabled'"},
}
NETWORK_RULES = {"bypass": "'AzureServices'", "defaultAction": "private ? 'Deny' : 'Allow'"}


def named() -> list[tuple[str, str]]:
    """Each resource that is made, as its type and its name; names of modules come from main."""
    given = read(MAIN).written
    of_module = {read(MAIN).module_file(one): given[one]["params"] for one in read(MAIN).modules}
    found = []
    for file in all_files():
        for symbol, item in file.resources.items():
            name = file.written[symbol]["name"]
            name = of_module.get(file.path, {}).get(name, name)
            if item["type"] in LEGAL and not item["existing"]:
                found.append((item["type"], name.strip("'").replace("${token}", TOKEN)))
    return found


@pytest.mark.parametrize(("kind", "name"), named())
def test_each_name_is_one_that_azure_takes(kind: str, name: str) -> None:
    assert re.fullmatch(LEGAL[kind], name), name


def test_every_kind_of_name_is_looked_at() -> None:
    assert {kind for kind, _ in named()} == set(LEGAL)


@pytest.mark.parametrize("module", ["host_storage.bicep", "data_storage.bicep"])
def test_storage_is_set_as_azure_knows_it(module: str) -> None:
    account = read(INFRA / "modules" / module).written["account"]
    properties = dict(account["properties"])
    assert properties.pop("networkAcls") == NETWORK_RULES
    assert properties.keys() == STORAGE.keys()
    for name, value in properties.items():
        assert value in STORAGE[name], name
    assert (account["kind"], account["sku"]) == ("'StorageV2'", {"name": "redundancy"})


def test_the_sealing_key_is_replaced_once_a_year() -> None:
    """Each version must stay enabled while anything is sealed with it: docs/settings.md."""
    key = read(INFRA / "modules" / "vault.bicep").written["sealingKey"]["properties"]
    [action] = key["rotationPolicy"]["lifetimeActions"]
    assert action == {
        "action": {"type": "'rotate'"},
        "trigger": {"timeAfterCreate": "'P1Y'"},
    }


def test_a_secret_is_left_alone_where_none_is_given_and_only_there() -> None:
    text = (INFRA / "modules" / "vault.bicep").read_text("utf-8")
    conditions = re.findall(r"vaults/secrets@[\d-]+' = if \((.+)\) \{", text)
    values = re.findall(r"^    value: (\w+)$", text, re.MULTILINE)
    assert conditions == [f"!empty({value})" for value in values]
    assert len(values) == text.count("vaults/secrets@")
