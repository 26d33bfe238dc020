"""Bodies, queries, versions and ids of the API: read as the contract says, or refused by name."""

import json
import time
from datetime import UTC, datetime
from string import ascii_letters, digits
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.access import ANY_LOCATION, Caller, Membership, Right
from shared.domain.model import UserId
from shared.errors import CalendarSyncError, InvalidRequest, TooLarge, VersionRequired
from shared.triggers.appointment_contract import AppointmentGiven
from shared.triggers.audit_contract import AuditAsked
from shared.triggers.confirm_contract import Confirm
from shared.triggers.contract import (
    BeginConnect,
    BodyTime,
    ChangesAsked,
    Configuration,
    Contract,
    LocationSettings,
    QueryTime,
    Range,
)
from shared.triggers.endpoint import MOST_BODY_BYTES, Call, _authorise
from shared.triggers.problems import invalid_fields, problem
from tests.unit.spoiling import ANY_JSON, SCALARS, bodies

TIMES = {"start": "2027-03-01T08:00:00+01:00", "end": "2027-03-01T09:00:00Z"}
APPOINTMENT = {
    "userId": "agent1",
    "calendar": {"id": "c1", "kind": "team"},
    "title": "Ärger “mit” 🎈",
    **TIMES,
    "timeZone": "Europe/Berlin",
    "attendees": [{"email": "carl@example.com", "name": "Carl"}],
    "version": 3,
}
CHOICE = {"provider": "outlook", "calendarId": "AAMk="}
BODIES: list[tuple[type[Contract], Any]] = [
    (AppointmentGiven, APPOINTMENT),
    (Configuration, {"primary": CHOICE, "conflicts": [CHOICE], "recurringEvents": "every"}),
    (LocationSettings, {"externalChanges": "restore"}),
    (BeginConnect, {"returnUrl": "https://crm.example/x"}),
    (Confirm, TIMES),
]
ID_CHARACTERS = set(ascii_letters + digits + "._~:@+=-")
QUERIES: list[type[Contract]] = [Range, ChangesAsked, AuditAsked]
ODD_TIMES = st.one_of(
    st.text(max_size=40),
    st.from_regex(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{0,12})?)?"
        r"(Z|z|[ +-][0-9]{2}:?[0-9]{2}|)",
        fullmatch=True,
    ),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.sampled_from(
        ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2027-02-29T00:00Z"]
    ),
)


def call(
    body: bytes = b"", params: dict[str, str] | None = None, if_match: str | None = None
) -> Call:
    headers = {} if if_match is None else {"If-Match": if_match}
    request = func.HttpRequest("PUT", "/api", body=body, params=params, headers=headers)
    caller = Caller(UserId("agent1"), "", {})
    return Call(request, caller, SimpleNamespace())


def assert_told(error: ValidationError | CalendarSyncError) -> None:
    """It can be said to the caller, as a problem of the documented kind."""
    if isinstance(error, ValidationError):
        told = invalid_fields(error)
        assert told.status == 400
        assert len(told.errors or []) <= 20
    else:
        told, _ = problem(error)
        assert told.status in {400, 413}
    assert json.loads(told.model_dump_json())["detail"]


@settings(max_examples=500)
@given(st.data(), st.sampled_from(BODIES))
def test_a_body_is_what_the_contract_says_or_is_refused(
    data: st.DataObject, known: tuple[type[Contract], Any]
) -> None:
    model, good = known
    body = data.draw(bodies([good]))
    try:
        found = call(body).body(model)
    except (ValidationError, InvalidRequest) as error:
        assert_told(error)
        return
    assert isinstance(found, model)
    told = found.model_dump_json()
    assert model.model_validate_json(told).model_dump_json() == told
    assert set(json.loads(told)) >= set(json.loads(body))


@pytest.mark.parametrize(("model", "good"), BODIES)
def test_the_good_bodies_of_these_tests_are_good(model: type[Contract], good: Any) -> None:
    assert isinstance(call(json.dumps(good).encode()).body(model), model)


@settings(max_examples=400)
@given(st.one_of(ODD_TIMES, SCALARS))
def test_a_time_has_an_offset_or_is_refused(value: Any) -> None:
    """Whatever is taken can be compared with any other time, which is all that may be done at
    once: taken to UTC it may leave the years that there are."""
    for kind in (BodyTime, QueryTime):
        try:
            found: datetime = TypeAdapter(kind).validate_python(value)
        except ValidationError:
            continue
        assert isinstance(value, str)
        assert value[10] in "Tt"
        assert found.utcoffset() is not None
        assert (found < datetime(2027, 1, 1, tzinfo=UTC)) in (True, False)


@settings(max_examples=300)
@given(
    st.sampled_from(QUERIES),
    st.dictionaries(
        st.sampled_from(["start", "end", "after", "limit", "x"]),
        st.one_of(ODD_TIMES, st.integers().map(str), st.just("9" * 5000)),
        max_size=4,
    ),
)
def test_a_query_is_what_the_contract_says_or_is_refused(
    model: type[Contract], params: dict[str, str]
) -> None:
    try:
        assert isinstance(call(params=params).query(model), model)
    except ValidationError as error:
        assert_told(error)


@settings(max_examples=300)
@given(st.one_of(st.none(), st.text(max_size=20), st.from_regex(r'(W/)?"v[0-9]{0,12}"')))
def test_a_version_is_a_small_number_or_is_refused(value: str | None) -> None:
    try:
        assert 0 <= call(if_match=value).version() < 10**9
    except VersionRequired:
        assert value is None
    except InvalidRequest as error:
        assert_told(error)


ODD_IDS = st.one_of(
    st.text(max_size=12),
    st.text("aZ0._~:@+=-", max_size=130),
    st.sampled_from(["a|b", "a/b", "..", "a\n", "a\x00", "%2e", "'", "é", "٣"]),
)


@settings(max_examples=300)
@given(ODD_IDS, ODD_IDS)
def test_an_id_has_the_characters_of_ids_or_is_refused(location: str, user: str) -> None:
    """What gets through cannot end a key of ours and begin another: here for one who may do all."""
    crm = Caller(UserId("crm"), "", {ANY_LOCATION: Membership.SERVICE})
    good = all(0 < len(text) <= 128 and set(text) <= ID_CHARACTERS for text in (location, user))
    try:
        _authorise(crm, Right.ADMIN_OR_SERVICE, {"location": location, "user": user})
    except InvalidRequest as error:
        assert_told(error)
        assert not good
    else:
        assert good


@given(st.integers(1, 5), ANY_JSON)
def test_more_than_the_bound_is_refused_unread(times: int, value: Any) -> None:
    body = json.dumps(value).encode() + b" " * MOST_BODY_BYTES * times
    if len(body) > MOST_BODY_BYTES:
        with pytest.raises(TooLarge) as refused:
            call(body).body(Configuration)
        assert_told(refused.value)


LARGE = {
    "deep": b"[" * MOST_BODY_BYTES,
    "deep in a field": b'{"title":' + b"[" * 32_000 + b"]" * 32_000 + b"}",
    "many names": b"{" + b",".join(b'"%d":0' % n for n in range(7_000)) + b"}",
    "a long number": b'{"version":' + b"9" * 60_000 + b"}",
    "many attendees": b'{"attendees":[' + b",".join([b"{}"] * 20_000) + b"]}",
    "a long name": b'{"' + b"x" * 60_000 + b'":1}',
    "a long zone": b'{"timeZone":"' + b"../" * 20_000 + b'"}',
    "a long address": b'{"attendees":[{"email":"' + b"@a." * 20_000 + b'"}]}',
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_body_is_refused_in_bounded_time_with_a_bounded_answer(kind: str) -> None:
    """The time of this thread alone, since others may use the machine."""
    began = time.thread_time()
    with pytest.raises(ValidationError) as refused:
        call(LARGE[kind]).body(AppointmentGiven)
    told = invalid_fields(refused.value).model_dump_json()
    assert time.thread_time() - began < 2.0
    assert len(told) < 4 * MOST_BODY_BYTES
