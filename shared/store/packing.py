"""A mirror as rows: events packed by month, series in one pack, each pack split to fit.

Limits: 64 KiB a property, 1 MiB an entity
(https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).
"""

import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from shared.domain.mirror import Availability, Event, Kind, Series
from shared.domain.model import Window
from shared.domain.spans import Days, Interval, Span, months

PROPERTY_BYTES = 60 * 1024
PROPERTIES = 8
PART_BYTES = PROPERTY_BYTES * PROPERTIES

_ALWAYS = (-math.inf, math.inf)
_KINDS = {kind.value: kind for kind in Kind}
_AVAILABILITIES = {one.value: one for one in Availability}


def pack_events(events: Iterable[Event]) -> bytes:
    return _pack(
        [
            e.id,
            e.kind,
            _span(e.span),
            e.availability,
            int(e.private),
            e.series_id,
            e.title,
            *([1] if e.missing else []),
        ]
        for e in events
    )


def unpack_events(data: bytes, near: Interval | None = None) -> Iterator[Event]:
    """All of them; with `near` only those that may touch it, in whatever zone their days lie."""
    first, last = (near.start.timestamp(), near.end.timestamp()) if near else _ALWAYS
    for key, kind, span, availability, private, series_id, title, *missing in _unpack(data):
        start, end = span
        if not isinstance(start, str) and (start > last or end < first):
            continue
        yield Event(
            key,
            _KINDS[kind],
            _to_span(span),
            _AVAILABILITIES[availability],
            bool(private),
            series_id,
            title,
            bool(missing),
        )


def mentions(data: bytes, ids: Iterable[str]) -> bool:
    """Whether packed events may be, or belong to, one of these ids; never wrong when it denies."""
    text = zlib.decompress(data) if data else b""
    return any(_text(one).encode(errors="surrogatepass") in text for one in ids)


def pack_series(series: Iterable[Series]) -> bytes:
    return _pack(
        [s.id, _span(s.first), s.availability.value, int(s.private), s.title] for s in series
    )


def unpack_series(data: bytes) -> Iterator[Series]:
    for key, first, availability, private, title in _unpack(data):
        yield Series(key, _to_span(first), Availability(availability), bool(private), title)


def by_month(events: Iterable[Event], window: Window | None = None) -> dict[str, list[Event]]:
    """Events under each month of the window that they may touch; a long one is in several."""
    found: dict[str, list[Event]] = {}
    for event in events:
        for month in months(event.span, window):
            found.setdefault(month, []).append(event)
    return found


def parts(data: bytes) -> list[dict[str, bytes]]:
    """The properties of the rows that hold `data`, one dict a row."""
    rows = []
    for start in range(0, len(data), PART_BYTES):
        part = data[start : start + PART_BYTES]
        rows.append(
            {
                f"d{number}": part[at : at + PROPERTY_BYTES]
                for number, at in enumerate(range(0, len(part), PROPERTY_BYTES))
            }
        )
    return rows


def joined(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The data that `rows`, in order, hold."""
    return b"".join(row[f"d{n}"] for row in rows for n in range(PROPERTIES) if f"d{n}" in row)


def _pack(values: Iterable[list[Any]]) -> bytes:
    return zlib.compress(_text(list(values)).encode(), level=1)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _unpack(data: bytes) -> Any:
    return json.loads(zlib.decompress(data)) if data else ()


def _span(span: Span) -> list[int | str]:
    """Instants as whole seconds, days as ISO dates."""
    if isinstance(span, Days):
        return [span.first.isoformat(), span.end.isoformat()]
    return [int(span.start.timestamp()), int(span.end.timestamp())]


def _to_span(packed: list[Any]) -> Span:
    start, end = packed
    if isinstance(start, str):
        return Days(date.fromisoformat(start), date.fromisoformat(end))
    return Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
