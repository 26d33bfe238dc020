"""Odd items of Graph spoil no page (a null where none is documented, a field of another type)."""

import json

import pytest
from pydantic import ValidationError

from shared.domain.mirror import Availability
from shared.providers.outlook import parse
from shared.providers.outlook.client import _parsed
from shared.providers.outlook.wire import Page, WireEvent

GOOD = {
    "id": "good",
    "type": "singleInstance",
    "start": {"dateTime": "2027-03-01T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-01T10:00:00.0000000", "timeZone": "UTC"},
}


@pytest.mark.parametrize(
    "odd",
    [
        {"subject": 7},
        {"sensitivity": []},
        {"responseStatus": "organizer"},
        {"showAs": 7},
        {"isCancelled": "perhaps"},
    ],
)
def test_e4_r16_an_odd_item_takes_its_time_and_tells_nothing(odd: dict[str, object]) -> None:
    item = {**GOOD, "id": "odd", "subject": "Talk", **odd}
    content = json.dumps({"value": [item, GOOD], "@odata.deltaLink": "https://next"}).encode()

    page = _parsed(Page, content)

    assert [item.id for item in page.value] == ["odd", "good"]
    assert page.delta_link == "https://next"
    event = parse.event(page.value[0])
    good = parse.event(page.value[1])
    assert event is not None
    assert good is not None
    assert (event.span, event.availability, event.title) == (good.span, Availability.BUSY, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"subject": "without an id"},
        {"id": None},
        {"id": "x", "isAllDay": "perhaps"},
        {"id": "x", "start": {"dateTime": None}},
        {"id": "x", "type": 7},
        {"id": "x", "seriesMasterId": 7},
        {"id": "x", "@removed": True},
        7,
    ],
)
def test_r16_a_page_with_time_that_cannot_be_read_is_not_used(odd: object) -> None:
    content = json.dumps({"value": [odd, GOOD], "@odata.deltaLink": "https://next"}).encode()
    with pytest.raises(ValidationError):
        _parsed(Page, content)


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(ValidationError):
        _parsed(Page, b"<html>")


@pytest.mark.parametrize("when", ["soon", "2027-13-01T00:00:00", ""])
def test_e4_a_time_that_is_none_blocks_nothing(when: str) -> None:
    item = WireEvent.model_validate({**GOOD, "start": {"dateTime": when, "timeZone": "UTC"}})

    assert parse.event(item) is None
