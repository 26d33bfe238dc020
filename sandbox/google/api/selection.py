"""Partial answers: the `fields` parameter.

Source: developers.google.com/workspace/calendar/api/guides/performance#partial-response
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.google.errors import invalid

Tree = dict[str, Any]
_WORDS = re.compile(r"[A-Za-z0-9_*\-]+|[(),/]")


def selected(found: Any, text: str) -> Any:
    """The chosen members only: `a,b/c,d(e,f)`, `*` for all of a level."""
    words = _WORDS.findall(text)
    if "".join(words) != text.replace(" ", ""):
        raise invalid(f"Invalid field selection {text}", "fields")
    tree, rest = _tree(words)
    if rest:
        raise invalid(f"Invalid field selection {text}", "fields")
    return _prune(found, tree)


def _tree(words: list[str]) -> tuple[Tree, list[str]]:
    found: Tree = {}
    while words and words[0] != ")":
        if words[0] == ",":
            words = words[1:]
            continue
        words = _branch(found, words)
    return found, words


def _branch(into: Tree, words: list[str]) -> list[str]:
    name, words = words[0], words[1:]
    inner: Tree = into.setdefault(name, {})
    if words[:1] == ["/"]:
        return _branch(inner, words[1:])
    if words[:1] == ["("]:
        below, words = _tree(words[1:])
        inner |= below
        if words[:1] != [")"]:
            raise invalid("Invalid field selection", "fields")
        words = words[1:]
    return words


def _prune(found: Any, tree: Tree) -> Any:
    if not tree:
        return found
    if isinstance(found, list):
        return [_prune(item, tree) for item in found]
    if not isinstance(found, dict):
        return found
    every: Tree = tree.get("*", {})
    return {
        name: _prune(value, tree.get(name, every))
        for name, value in found.items()
        if name in tree or "*" in tree
    }
