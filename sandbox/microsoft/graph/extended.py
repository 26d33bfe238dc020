"""Extended properties and open extensions: stored on write, shown only where $expand asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.microsoft.mailbox import Event
from sandbox.microsoft.mailbox.errors import InvalidRequestError

_EXPANDED = re.compile(
    r"singleValueExtendedProperties\s*\(\s*\$filter\s*=\s*([^)]*)\)", re.IGNORECASE
)
_EXTENSIONS = re.compile(r"\bextensions\b(?:\s*\(\s*\$filter\s*=\s*([^)]*)\))?", re.IGNORECASE)
_ID = re.compile(r"\bid eq '([^']*)'", re.IGNORECASE)
_ANY = re.compile(
    r"singleValueExtendedProperties/any\(\s*\w+:\s*\w+/id eq '([^']*)'"
    r"\s+and\s+\w+/value\s+(eq|ne)\s+'((?:[^']|'')*)'\s*\)$",
    re.IGNORECASE,
)
_ANY_CALL = re.compile(
    r"singleValueExtendedProperties/any\(\s*\w+:\s*\w+/id eq '([^']*)'"
    r"\s+and\s+(contains|startswith)\(\s*\w+/value\s*,\s*'((?:[^']|'')*)'\s*\)\s*\)$",
    re.IGNORECASE,
)
_PREFIX = "microsoft.outlookservices.opentypeextension."


def property_key(property_id: str) -> str:
    """Bring a property id to one form: the kind and GUID in lower case, a Name as written.

    Graph docs: names are case-sensitive.
    """
    left, separator, name = property_id.partition(" Name ")
    if not separator and not re.match(r"^\w+ (\{[^}]*\} Id )?0x[0-9a-f]+$", property_id, re.I):
        raise InvalidRequestError(f"The extended property id '{property_id}' is invalid.")
    return left.lower() + separator + name


def read_extended(value: Any) -> dict[str, str]:
    """Read `[{id, value}]`."""
    return {property_key(str(entry["id"])): str(entry["value"]) for entry in value or ()}


def read_extension(value: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Read one open extension: its name and its data."""
    name = str(value.get("extensionName") or value.get("id") or "")
    if not name:
        raise InvalidRequestError("An open extension needs extensionName.")
    return name, {key: data for key, data in value.items() if not key.startswith("@")}


def expanded(event: Event, expand: str, base: str, event_id: str) -> dict[str, Any]:
    """Give the properties $expand asks for by id; there is no way to list all."""
    body: dict[str, Any] = {}
    wanted = _EXPANDED.search(expand)
    if wanted:
        named = [(text, property_key(text)) for text in _ID.findall(wanted[1])]
        shown = [
            {"id": text, "value": event.extended_properties[key]}
            for text, key in named
            if key in event.extended_properties
        ]
        if shown:
            body["singleValueExtendedProperties@odata.context"] = (
                f"{base}/$metadata#me/events('{event_id}')/singleValueExtendedProperties"
            )
            body["singleValueExtendedProperties"] = shown
    rest = _EXPANDED.sub("", expand)
    asked = _EXTENSIONS.search(rest)
    if asked:
        names = {_bare(name) for name in _ID.findall(asked[1] or "")}
        body["extensions"] = [
            write_extension(name, data)
            for name, data in event.extensions.items()
            if not names or name.lower() in names
        ]
    return body


def _bare(name: str) -> str:
    return name.lower().removeprefix(_PREFIX).removeprefix("microsoft.graph.opentypeextension.")


def write_extension(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Write one open extension."""
    return {
        "@odata.type": "#microsoft.graph.openTypeExtension",
        "id": f"Microsoft.OutlookServices.OpenTypeExtension.{name}",
        **data,
        "extensionName": name,
    }


def matches_extended(event: Event, condition: str) -> bool | None:
    """Apply `singleValueExtendedProperties/Any(...)`; None when the condition is another one.

    Graph docs: values compare without regard to case. A quote inside is written twice (OData).
    """
    match = _ANY.search(condition.strip()) or _ANY_CALL.search(condition.strip())
    if match is None:
        return None
    stored = event.extended_properties.get(property_key(match[1]))
    wanted = match[3].replace("''", "'").lower()
    if stored is None:
        return False
    return {
        "eq": stored.lower() == wanted,
        "ne": stored.lower() != wanted,
        "contains": wanted in stored.lower(),
        "startswith": stored.lower().startswith(wanted),
    }[match[2].lower()]
