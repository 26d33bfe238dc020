"""Reads the Bicep files of infra/.

pycep-parser tells what is declared and what is given. It does not tell a name from a text, and is
silent on names that nobody declares; what names refer to is read by tree-sitter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from pycep import BicepParser
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
MAIN = INFRA / "main.bicep"
FILES = sorted(INFRA.rglob("*.bicep"))

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_LOOP_VARIABLES = {"loop_variable", "loop_enumerator"}
_WITH_BRACES = {"resource_declaration", "module_declaration"}


@dataclass(frozen=True)
class Bicep:
    """One file. What is made in a loop or on a condition is seen as what is made."""

    path: Path

    @cached_property
    def syntax(self) -> Node:
        return _PARSER.parse(self.path.read_bytes()).root_node

    @cached_property
    def _parsed(self) -> Mapping[str, Any]:
        parsed: Mapping[str, Any] = BicepParser().parse(text=self.path.read_text("utf-8"))
        return parsed

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self._parsed.get("parameters", {})

    @property
    def variables(self) -> Mapping[str, Any]:
        return {name: item["value"] for name, item in self._parsed.get("variables", {}).items()}

    @property
    def resources(self) -> Mapping[str, Any]:
        return self._parsed.get("resources", {})

    @property
    def modules(self) -> Mapping[str, Any]:
        return self._parsed.get("modules", {})

    @property
    def outputs(self) -> Mapping[str, Any]:
        return self._parsed.get("outputs", {})

    @property
    def declared(self) -> set[str]:
        return {*self.parameters, *self.variables, *self.resources, *self.modules}

    @property
    def secure(self) -> set[str]:
        return {name for name, item in self.parameters.items() if is_secure(item)}

    @cached_property
    def referred(self) -> set[str]:
        """The names that are referred to, those of loops left out."""
        return set(_references(self.syntax)) - set(_loop_variables(self.syntax))

    @cached_property
    def module_outputs(self) -> set[tuple[str, str]]:
        """Each `module.outputs.name`, as module and name."""
        return set(_module_outputs(self.syntax))

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """The braces of each resource and module, as written: names and texts can be told apart."""
        made = [node for node in self.syntax.named_children if node.type in _WITH_BRACES]
        return {text(node.named_children[0]): as_written(_braces(node)) for node in made}

    @cached_property
    def outputs_written(self) -> Mapping[str, str]:
        """By name, the expression of each output."""
        made = [node for node in self.syntax.named_children if node.type == "output_declaration"]
        return {text(one.named_children[0]): as_written(one.named_children[-1]) for one in made}

    def module_file(self, name: str) -> Path:
        return (self.path.parent / self.modules[name]["detail"]["path"]).resolve()

    def given(self, name: str) -> Mapping[str, Any]:
        """What the module is given, by parameter."""
        given: Mapping[str, Any] = config(self.modules[name]).get("params", {})
        return given


@cache
def read(path: Path) -> Bicep:
    return Bicep(path)


def all_files() -> list[Bicep]:
    return [read(path) for path in FILES]


def config(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is in the braces of a resource or module."""
    found: Mapping[str, Any] = item["config"]
    while "config" in found and ("condition" in found or "loop_type" in found):
        found = found["config"]
    return found


def of_type(file: Bicep, kind: str) -> dict[str, Mapping[str, Any]]:
    """The resources of that type which the file makes, by their names in it."""
    return {
        name: config(item)
        for name, item in file.resources.items()
        if item["type"] == kind and not item["existing"]
    }


def is_secure(parameter: Mapping[str, Any]) -> bool:
    return any(decorator["type"] == "secure" for decorator in parameter["decorators"])


def is_required(parameter: Mapping[str, Any]) -> bool:
    return parameter["default"] is None


def names_in(node: Node) -> set[str]:
    return set(_references(node))


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.named_children:
        yield from walk(child)


def text(node: Node) -> str:
    return (node.text or b"").decode()


def as_written(node: Node) -> Any:
    """Objects as mappings, arrays as lists, all else as the text of its expression."""
    if node.type == "object":
        properties = [one for one in node.named_children if one.type == "object_property"]
        return {
            text(one.named_children[0]): as_written(one.named_children[1]) for one in properties
        }
    if node.type == "array":
        return [as_written(one) for one in node.named_children if one.type != "comment"]
    return " ".join(text(node).split())


def _braces(declaration: Node) -> Node:
    return next(node for node in walk(declaration) if node.type == "object")


def _references(node: Node) -> Iterator[str]:
    """Identifiers that stand for a value: no keys, no properties, no types, no functions."""
    if node.type == "identifier":
        yield text(node)
    if node.type == "type":
        return
    for child in _values(node):
        yield from _references(child)


def _values(node: Node) -> list[Node]:
    children = node.named_children
    if node.type == "object_property" and children[0].type == "identifier":
        return children[1:]
    if node.type.endswith("_declaration"):
        return [child for child in children[1:] if child.type != "identifier"] + [
            child for child in children[2:] if child.type == "identifier"
        ]
    if node.type == "call_expression" and children[0].type == "identifier":
        return children[1:]
    return children


def _loop_variables(root: Node) -> Iterator[str]:
    for node in walk(root):
        if node.type in _LOOP_VARIABLES:
            yield text(node)
        if node.type == "for_statement":
            variable = node.child_by_field_name("initializer")
            if variable is not None:
                yield text(variable)


def _module_outputs(root: Node) -> Iterator[tuple[str, str]]:
    for node in walk(root):
        parts = text(node).replace("!", "").split(".")
        if node.type == "member_expression" and len(parts) == 3 and parts[1] == "outputs":
            yield parts[0], parts[2]
