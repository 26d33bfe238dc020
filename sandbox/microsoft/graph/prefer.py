"""The Prefer header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from starlette.datastructures import Headers

from sandbox.microsoft.mailbox.timing import checked_zone
from sandbox.microsoft.mailbox.zones import zone_of

_PREFERENCE = re.compile(r'\s*([A-Za-z.\-]+)\s*(?:=\s*(?:"([^"]*)"|([^",;]*)))?\s*(?:,|;|$)')
_LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Prefer:
    """What the caller prefers, and the preferences to name as applied."""

    zone_name: str = "UTC"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    text_body: bool = False
    immutable_ids: bool = False
    page_size: int | None = None
    applied: tuple[str, ...] = ()


def read_prefer(headers: Headers) -> Prefer:
    """Read all Prefer headers; values may be repeated or comma separated, names in any case."""
    found: dict[str, str] = {}
    for line in headers.getlist("prefer"):
        for match in _PREFERENCE.finditer(line):
            found[match[1].lower()] = (match[2] or match[3] or "").strip()
    zone_name = checked_zone(found.get("outlook.timezone") or "UTC")
    size = found.get("odata.maxpagesize", "")
    applied = [
        f'{name}="{found[name]}"'
        for name in ("outlook.timezone", "outlook.body-content-type")
        if found.get(name)
    ]
    return Prefer(
        zone_name=zone_name,
        zone=zone_of(zone_name),
        text_body=found.get("outlook.body-content-type", "").lower() == "text",
        immutable_ids=found.get("idtype", "").lower() == "immutableid",
        page_size=max(1, min(int(size), _LARGEST_PAGE)) if size.isdigit() else None,
        applied=tuple(applied),
    )
