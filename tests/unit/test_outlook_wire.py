"""Odd items of Graph spoil no page (a null where none is documented, a field of another type)."""

import json

import pytest
from pydantic import ValidationError

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
        {"subject": "without an id"},
        {"id": None},
        {"id": "x", "isAllDay": "perhaps"},
        {"id": "x", "start": {"dateTime": None}},
        7,
    ],
)
def test_e4_one_odd_item_leaves_the_others(odd: object) -> None:
    content = json.dumps({"value": [odd, GOOD], "@odata.deltaLink": "https://next"}).encode()

    page = _parsed(Page, content)

    assert [item.id for item in page.value] == ["good"]
    assert page.delta_link == "https://next"


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(ValidationError):
        _parsed(Page, b"<html>")


@pytest.mark.parametrize("when", ["soon", "2027-13-01T00:00:00", ""])
def test_e4_a_time_that_is_none_blocks_nothing(when: str) -> None:
    item = WireEvent.model_validate({**GOOD, "start": {"dateTime": when, "timeZone": "UTC"}})

    assert parse.event(item) is None
