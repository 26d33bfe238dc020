"""Lists in pages, and $select."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from .call import Call
from .errors import GraphError

Item = TypeVar("Item")
DEFAULT_PAGE = 10
LARGEST_PAGE = 1000


def paged(
    call: Call,
    items: Sequence[Item],
    write: Callable[[Item], dict[str, Any]],
    context: str,
) -> dict[str, Any]:
    """Give one page by $top and $skip with a nextLink while there is more (Graph docs: paging)."""
    top = min(_number(call, "$top", DEFAULT_PAGE), LARGEST_PAGE)
    skip = _number(call, "$skip", 0)
    body: dict[str, Any] = {"@odata.context": f"{call.base}/$metadata#{context}"}
    if call.params.get("$count", "").lower() == "true":
        body["@odata.count"] = len(items)
    body["value"] = [write(item) for item in items[skip : skip + top]]
    if skip + top < len(items):
        body["@odata.nextLink"] = _next_link(call, top, skip + top)
    return body


def _number(call: Call, name: str, default: int) -> int:
    text = call.params.get(name)
    if text is None:
        return default
    if not text.isdigit() or (name == "$top" and int(text) == 0):
        raise GraphError(400, "ErrorInvalidUrlQuery", f"Invalid value '{text}' for {name}.")
    return int(text)


def _next_link(call: Call, top: int, skip: int) -> str:
    kept = [
        (name, value)
        for name, value in call.request.query_params.multi_items()
        if name.lower() not in {"$skip", "$top"}
    ]
    query = urlencode([*kept, ("$top", str(top)), ("$skip", str(skip))], safe="$")
    path = quote(call.request.url.path, safe="/()'=")
    return f"{str(call.request.base_url).rstrip('/')}{path}?{query}"


def selected(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    """Keep only the properties $select names; id and annotations always stay."""
    wanted = {name.strip().lower() for name in call.params.get("$select", "").split(",") if name}
    if not wanted:
        return item
    return {
        name: value
        for name, value in item.items()
        if name == "id" or "@odata" in name or name.lower() in wanted
    }
