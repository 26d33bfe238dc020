"""The private way leads from the app to each service under the name that the app asks for."""

from typing import Any

from tests.infra.bicep import INFRA, read

FILE = read(INFRA / "modules" / "network.bicep")
ENDPOINTS: list[dict[str, Any]] = FILE.variables["endpoints"]
TARGETS = {"host": "hostStorageId", "data": "dataStorageId", "vault": "vaultId"}


def zone_of(endpoint: dict[str, Any]) -> str:
    name: str = FILE.variables["zoneNames"][endpoint["zone"]]
    return name


def test_each_service_that_the_app_asks_has_an_endpoint() -> None:
    """The host keeps blobs and a table; the application tables and queues."""
    assert {(one["target"], one["kind"]) for one in ENDPOINTS} == {
        ("hostStorageId", "blob"),
        ("hostStorageId", "table"),
        ("dataStorageId", "queue"),
        ("dataStorageId", "table"),
        ("vaultId", "vault"),
    }
    for one in ENDPOINTS:
        assert one["target"] == TARGETS[one["name"].split("-")[0]]


def test_each_endpoint_is_entered_in_the_zone_of_its_service() -> None:
    """https://learn.microsoft.com/azure/private-link/private-endpoint-dns"""
    for one in ENDPOINTS:
        expected = f"privatelink.{one['kind']}.${{storageSuffix}}"
        assert zone_of(one) == ("vaultZone" if one["kind"] == "vault" else expected)
    vault_zone = (
        "privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}"
    )
    assert FILE.variables["vaultZone"] == vault_zone
    [entered] = FILE.written["records"]["properties"]["privateDnsZoneConfigs"]
    assert entered["properties"] == {"privateDnsZoneId": "zones[endpoint.zone].id"}


def test_the_functions_have_a_subnet_that_flex_consumption_takes() -> None:
    """https://learn.microsoft.com/azure/azure-functions/flex-consumption-how-to"""
    functions, endpoints = FILE.written["network"]["properties"]["subnets"]
    [delegation] = functions["properties"]["delegations"]
    assert delegation["properties"] == {"serviceName": "'Microsoft.App/environments'"}
    assert "delegations" not in endpoints["properties"]
    assert (functions["name"], endpoints["name"]) == ("'functions'", "'endpoints'")
    assert functions["properties"]["addressPrefix"] == "functionsPrefix"
    assert FILE.outputs_written["functionsSubnetId"] == "'${network.id}/subnets/functions'"


def test_endpoints_are_in_a_subnet_of_their_own() -> None:
    made = FILE.written["privateEndpoints"]["properties"]
    assert made["subnet"] == {"id": "'${network.id}/subnets/endpoints'"}
    [connection] = made["privateLinkServiceConnections"]
    assert connection["properties"] == {
        "privateLinkServiceId": "endpoint.target",
        "groupIds": ["endpoint.kind"],
    }
