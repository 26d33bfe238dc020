"""main.bicep gives each module what is meant for it."""

import pytest

from tests.infra.bicep import MAIN, all_files, read, text, walk

WRITTEN = read(MAIN).written
NAMED = {
    "identity": "'id-${token}'",
    "hostStorage": "'sthost${token}'",
    "dataStorage": "'stdata${token}'",
    "vault": "'kv-${token}'",
    "workbook": "guid(group.id, 'calendar-sync')",
    "budget": "'budget-${token}'",
}
OTHERWISE = {
    ("monitoring", "retentionDays"): "logRetentionDays",
    ("monitoring", "dailyLimitGB"): "dailyLogLimitGB",
    ("network", "addressPrefix"): "networkPrefix",
    ("app", "subnetId"): "privateNetworking ? network!.outputs.functionsSubnetId : ''",
    ("app", "microsoftAuthority"): (
        "empty(microsoftAuthority) ? '${environment().authentication.loginEndpoint}common'"
        " : microsoftAuthority"
    ),
    ("budget", "amount"): "monthlyBudget",
    ("budget", "startDate"): "budgetStart",
    **{(module, "name"): name for module, name in NAMED.items()},
    **{(module, "private"): "privateNetworking" for module in ("hostStorage", "dataStorage")},
    **{(module, "redundancy"): "storageRedundancy" for module in ("hostStorage", "dataStorage")},
    ("vault", "private"): "privateNetworking",
}
"""Neither the parameter of the same name, nor an output that the parameter is named after."""
CONDITIONS = {
    "network": "privateNetworking",
    "budget": "monthlyBudget > 0 && !empty(budgetStart)",
}


@pytest.mark.parametrize("module", sorted(WRITTEN.keys() - {"group"}))
def test_each_parameter_is_given_what_it_is_named_after(module: str) -> None:
    for parameter, value in WRITTEN[module]["params"].items():
        expected = OTHERWISE.get((module, parameter))
        source, outputs, output = (*value.split("."), "", "")[:3]
        if expected is None and outputs == "outputs":
            of_the_source = source + output[0].upper() + output[1:]
            assert parameter in {output, of_the_source}, f"{module}: {parameter}: {value}"
        else:
            assert value == (expected or parameter), f"{module}: {parameter}"


def test_the_app_starts_when_it_may_do_what_it_needs() -> None:
    assert WRITTEN["app"]["dependsOn"] == ["roles"]


def test_a_module_is_made_on_its_condition_alone() -> None:
    """A budget without a first day of its own: Azure refuses another one at each later provision.
    https://github.com/Azure/bicep/issues/7149"""
    found = {}
    for node in read(MAIN).syntax.named_children:
        conditions = [one for one in walk(node) if one.type == "parenthesized_expression"]
        if node.type == "module_declaration" and conditions:
            found[text(node.named_children[0])] = text(conditions[0])[1:-1]
    assert found == CONDITIONS


def test_nothing_depends_on_the_time_of_a_deployment() -> None:
    for file in all_files():
        assert "utcNow" not in file.path.read_text("utf-8"), file.path.name


def test_what_exists_already_is_found_by_the_parameter_named_after_it() -> None:
    for file in all_files():
        for name, item in file.resources.items():
            if item["existing"]:
                assert file.written[name]["name"] == f"{name}Name", f"{file.path.name}: {name}"
