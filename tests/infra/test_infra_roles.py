"""The app's identity may do what it needs, where it needs it, and no more."""

from tests.infra.bicep import INFRA, all_files, of_type, read

ROLES = INFRA / "modules" / "roles.bicep"
VAULT = INFRA / "modules" / "vault.bicep"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
NAMES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}


def assigned() -> set[tuple[str, str]]:
    """Each role with the resource that it is for."""
    file = read(ROLES)
    found = set()
    for name, item in file.resources.items():
        if item["type"] != ASSIGNMENT:
            continue
        made = of_type(file, ASSIGNMENT)[name]
        definition = made["properties"]["roleDefinitionId"]["function"]["parameters"]
        role = definition["resource_name_1"]
        loop = item["config"].get("loop_type")
        variables = loop["detail"]["array_name"] if loop else [role]
        found |= {(made["scope"], NAMES[file.variables[one]]) for one in variables}
    return found


def test_the_app_has_exactly_these_roles() -> None:
    assert assigned() == {
        ("hostStorage", "Storage Blob Data Owner"),
        ("hostStorage", "Storage Table Data Contributor"),
        ("dataStorage", "Storage Table Data Contributor"),
        ("dataStorage", "Storage Queue Data Contributor"),
        ("vault", "Key Vault Secrets User"),
        ("sealingKey", "Key Vault Crypto Service Encryption User"),
        ("component", "Monitoring Metrics Publisher"),
    }


def test_the_app_may_use_the_sealing_key_and_no_other() -> None:
    key = read(ROLES).written["sealingKey"]
    assert key == {"parent": "vault", "name": "sealingKeyName"}
    assert read(ROLES).resources["sealingKey"]["existing"]
    assert read(VAULT).outputs_written["sealingKeyName"] == "sealingKey.name"


def test_each_assignment_is_named_by_what_makes_it_one_of_its_kind() -> None:
    """By where, to whom and what: Azure refuses another name for the same."""
    for name, written in read(ROLES).written.items():
        if name.startswith("on"):
            definition = written["properties"]["roleDefinitionId"]
            role = definition.removesuffix(")").split(", ")[1]
            assert written["name"] == f"guid({written['scope']}.id, principalId, {role})"
            assert definition == (
                "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', " + role + ")"
            )


def test_roles_are_given_in_one_file_to_the_apps_identity_alone() -> None:
    for file in all_files():
        made = of_type(file, ASSIGNMENT)
        assert not made or file.path == ROLES
        for item in made.values():
            assert item["properties"]["principalId"] == "principalId"
            assert item["properties"]["principalType"] == "ServicePrincipal"


def test_each_role_that_is_named_is_given() -> None:
    assert set(read(ROLES).variables.values()) == set(NAMES)
