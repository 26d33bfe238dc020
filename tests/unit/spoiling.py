"""Strategies for what nobody should send: bytes of all kinds, and real JSON with a part changed."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["", "null", "true", "0", "\x00", "é" * 40, "\u202e", "a" * 5000]),
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """All places in a JSON value, its own first."""
    yield at
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for name, part in inner:
        yield from paths(part, (*at, name))


@st.composite
def changed(draw: st.DrawFn, values: list[Any]) -> Any:
    """One of the values, with up to three of its places replaced by any JSON, or taken away."""
    value = deepcopy(draw(st.sampled_from(values)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(paths(value))))
        if not path:
            value = draw(ANY_JSON)
        elif draw(st.booleans()):
            parent(value, path)[path[-1]] = draw(ANY_JSON)
        else:
            del parent(value, path)[path[-1]]
    return value


def parent(value: Any, path: Path) -> Any:
    for name in path[:-1]:
        value = value[name]
    return value


@st.composite
def garbled(draw: st.DrawFn, texts: list[bytes]) -> bytes:
    """One of the texts, with a piece cut out, put in twice, or replaced by any bytes."""
    text = draw(st.sampled_from(texts))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    piece = draw(st.one_of(st.just(b""), st.just(text[start:end] * 2), st.binary(max_size=20)))
    return text[:start] + piece + text[end:]


def bodies(values: list[Any]) -> st.SearchStrategy[bytes]:
    """Any bytes, any JSON, and what becomes of real JSON."""
    texts = [json.dumps(value).encode() for value in values]
    return st.one_of(
        st.binary(max_size=200),
        ANY_JSON.map(encoded),
        changed(values).map(encoded),
        garbled(texts),
    )


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
