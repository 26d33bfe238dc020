"""The Bicep files fit together. What only Azure knows is asked of it: infra/README.md."""

import json
import re

import pytest

from tests.infra.bicep import (
    FILES,
    INFRA,
    MAIN,
    Bicep,
    all_files,
    config,
    is_required,
    is_secure,
    read,
    text,
    walk,
)

FUNCTIONS = {
    "empty",
    "environment",
    "guid",
    "loadTextContent",
    "replace",
    "split",
    "string",
    "subscription",
    "subscriptionResourceId",
    "toLower",
    "trim",
    "union",
    "uniqueString",
}
NOT_OLDER = {
    "Microsoft.Web": "2023-12-01",  # functionAppConfig
    "Microsoft.Storage": "2021-04-01",  # defaultToOAuthAuthentication
    "Microsoft.KeyVault": "2023-07-01",  # enableRbacAuthorization, rotationPolicy
}
DECORATORS = {"allowed", "description", "maxLength", "maxValue", "minLength", "minValue", "secure"}

each_file = pytest.mark.parametrize(
    "file", all_files(), ids=[str(path.relative_to(INFRA)) for path in FILES]
)


@each_file
def test_each_file_parses(file: Bicep) -> None:
    wrong = [node for node in walk(file.syntax) if node.is_error or node.is_missing]
    assert [(node.start_point, text(node)) for node in wrong] == []
    assert not file.syntax.has_error
    assert file.resources or file.modules


@each_file
def test_each_name_is_declared_and_each_that_is_declared_is_used(file: Bicep) -> None:
    made = {name for name, item in file.resources.items() if not item["existing"]}
    assert file.referred - file.declared == set()
    assert file.declared - file.referred - made - set(file.modules) == set()


@each_file
def test_each_function_exists(file: Bicep) -> None:
    called = {
        text(node.named_children[0])
        for node in walk(file.syntax)
        if node.type == "call_expression" and node.parent and node.parent.type != "decorator"
    }
    decorators = {
        text(node.named_children[0].named_children[0])
        for node in walk(file.syntax)
        if node.type == "decorator"
    }
    assert called - FUNCTIONS == set()
    assert decorators - DECORATORS == set()


@each_file
def test_each_resource_type_names_its_version(file: Bicep) -> None:
    for name, item in file.resources.items():
        assert re.fullmatch(r"Microsoft\.\w+(/\w+)+", item["type"]), name
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", item["api_version"]), name


@each_file
def test_versions_of_types_are_not_older_than_what_is_used_of_them(file: Bicep) -> None:
    for name, item in file.resources.items():
        provider = item["type"].split("/")[0]
        assert item["api_version"] >= NOT_OLDER.get(provider, "2020"), name


def test_a_type_is_asked_for_in_one_version() -> None:
    asked = {(one["type"], one["api_version"]) for f in all_files() for one in f.resources.values()}
    assert len(asked) == len({kind for kind, _ in asked})


@each_file
def test_modules_are_files_here(file: Bicep) -> None:
    for name, item in file.modules.items():
        assert item["type"] == "local", name
        assert file.module_file(name) in FILES, name


@each_file
def test_modules_are_given_what_they_want_and_nothing_else(file: Bicep) -> None:
    for name in file.modules:
        wanted = read(file.module_file(name)).parameters
        required = {one for one, item in wanted.items() if is_required(item)}
        given = set(file.given(name))
        assert given - set(wanted) == set(), name
        assert required - given == set(), name


@each_file
def test_outputs_of_modules_that_are_taken_exist(file: Bicep) -> None:
    for module, output in file.module_outputs:
        assert output in read(file.module_file(module)).outputs, f"{module}.outputs.{output}"


def test_each_module_is_used_and_each_of_its_outputs() -> None:
    main = read(MAIN)
    used = [main.module_file(name) for name in main.modules]
    assert sorted(used) == [path for path in FILES if path != MAIN]
    offered = {
        (name, output) for name in main.modules for output in read(main.module_file(name)).outputs
    }
    assert offered - main.module_outputs == set()


def test_modules_go_to_the_resource_group() -> None:
    main = read(MAIN)
    assert {name: config(item)["scope"] for name, item in main.modules.items()} == dict.fromkeys(
        main.modules, "group"
    )


# The file that azd fills in: https://learn.microsoft.com/azure/developer/azure-developer-cli


def parameters_file() -> dict[str, tuple[str, str]]:
    """By parameter: the variable of azd's environment, and what holds where it is not set."""
    document = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))
    found = {}
    for name, item in document["parameters"].items():
        match = re.fullmatch(r"\$\{([A-Z0-9_]+)(?:=(.+))?\}", item["value"])
        assert match, name
        found[name] = (match[1], match[2] or "")
    return found


def test_azd_can_set_every_parameter() -> None:
    assert set(parameters_file()) == set(read(MAIN).parameters)


def test_where_azd_has_no_value_the_default_of_the_parameter_holds() -> None:
    for name, (_, default) in parameters_file().items():
        expected = read(MAIN).parameters[name]["default"]
        # azd passes an empty value on where the parameter's default is another.
        if isinstance(expected, dict):
            assert expected["operator"]["type"] == "minus"
            expected = -expected["operator"]["operands"]["integer_value"]
        shown = "" if expected is None else str(expected)
        assert default == (shown.lower() if isinstance(expected, bool) else shown), name


def test_no_secret_has_a_default_and_each_variable_fills_one_parameter() -> None:
    variables = [variable for variable, _ in parameters_file().values()]
    assert len(set(variables)) == len(variables)
    assert set(variables) & set(read(MAIN).outputs) == set()
    for name, item in read(MAIN).parameters.items():
        assert not (is_secure(item) and parameters_file()[name][1]), name
