"""Matches paths with route templates.

Facts: ASP.NET Core route templates (learn.microsoft.com/aspnet/core/fundamentals/routing) as the
host's WebJobsRouter uses them: routes are tried in the order of function names, a literal has no
precedence over a parameter, a wrong method is as good as no route, and `%2F` stays encoded.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.functions_host.errors import HostError
from sandbox.functions_host.functions import Function

_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?:true|false)",
}
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}")
_SLASH = re.compile(r"(%2f)", re.IGNORECASE)


@dataclass(frozen=True)
class Route:
    """A function's route: the pattern of its path, its methods (None: any)."""

    function: Function
    pattern: re.Pattern[str]
    methods: frozenset[str] | None


def routes_of(functions: Iterable[Function], prefix: str) -> list[Route]:
    """The routes of the HTTP functions, in the order given."""
    return [_route(function, prefix) for function in functions if function.trigger == "httpTrigger"]


def find_route(
    routes: Iterable[Route], method: str, raw_path: str
) -> tuple[Function, dict[str, str]] | None:
    """The first route for a request and its parameters; `raw_path` as it was sent."""
    path = _decoded(raw_path).strip("/")
    for route in routes:
        if route.methods is not None and method.upper() not in route.methods:
            continue
        if match := route.pattern.fullmatch(path):
            found = match.groupdict()
            return route.function, {k: v for k, v in found.items() if v is not None}
    return None


def _decoded(raw: str) -> str:
    """The path with everything decoded but slashes."""
    return "".join(part if _SLASH.fullmatch(part) else unquote(part) for part in _SLASH.split(raw))


def _route(function: Function, prefix: str) -> Route:
    template = str(function.binding.get("route") or function.name).strip("/")
    methods = function.binding.get("methods")
    names = frozenset(str(getattr(m, "value", m)).upper() for m in methods) if methods else None
    segments = [part for part in (*prefix.split("/"), *template.split("/")) if part]
    pattern = "".join(_segment(part, i == 0, function.name) for i, part in enumerate(segments))
    return Route(function, re.compile(pattern, re.IGNORECASE | re.DOTALL), names)


def _segment(template: str, first: bool, where: str) -> str:
    """The pattern for one segment of a template, with the slash before it."""
    slash = "" if first else "/"
    whole = _PARAMETER.fullmatch(template)
    if whole and whole[1]:
        return f"(?:{slash}(?P<{whole[2]}>.*))?"
    if whole and whole[4]:
        return f"(?:{slash}{_group(whole, where)})?"
    pattern, at = slash, 0
    for match in _PARAMETER.finditer(template):
        pattern += re.escape(template[at : match.start()]) + _group(match, where)
        at = match.end()
    rest = template[at:]
    if "{" in rest or "}" in rest:
        raise HostError(f"{where}: the route segment {template!r} is not understood")
    return pattern + re.escape(rest)


def _group(match: re.Match[str], where: str) -> str:
    constraint = match[3]
    if constraint and constraint not in _CONSTRAINTS:
        raise HostError(f"{where}: the route constraint {constraint!r} is not understood")
    return f"(?P<{match[2]}>{_CONSTRAINTS.get(constraint or '', '[^/]+')})"
