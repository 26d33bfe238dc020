"""Rules for the engine (docs/guarantees.md) that no other test shows: by made-up answers."""

import base64
import json
import logging
import time
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.domain.due import CURSOR_VERSION
from shared.domain.mirror import Mirror
from shared.domain.model import Calendar, Cursor, Detail
from shared.domain.reconcile import Round, reconcile
from shared.errors import OperatorFault, ProviderUnavailable, SignInFailed
from shared.flows.ports import Ports
from shared.messages import Cause, Message, SyncCalendar
from shared.providers.outlook.client import Graph, GraphClient
from shared.providers.outlook.pages import PAGE_SIZE, Collected
from shared.providers.outlook.reading import CalendarReading
from shared.providers.outlook.sign_in import SCOPES
from shared.providers.outlook.wire import Page
from shared.store import packing
from shared.triggers.retries import attempted
from tests.unit.made import ACCOUNT, NOW, WINDOW, occurrence, series, single, timed
from tests.unit.test_outlook_sign_in import AUTHORITY, Entra, _sign_in

ROOT = "https://graph.example.test/v1.0"
LINK = f"{ROOT}/Me('x')/Calendars('C%3D')/CalendarView/Delta?$deltatoken=a%2Bb%7E==&Unknown=1"
MORNING = timed("2026-03-10 09:00", "2026-03-10 10:00")
EVENING = timed("2026-03-10 19:00", "2026-03-10 20:00")
GONE = (404, {"error": {"code": "ErrorItemNotFound"}})
TENANT = "11111111-2222-4333-8444-555555555555"


class Reading:
    """A calendar at a Graph that gives these answers, in that order."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers, self.requests = list(answers), list[httpx.Request]()
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self._client = GraphClient(Graph(ROOT, http, lambda: NOW), self._token)

    async def changes(self, link: str = LINK) -> Round:
        async def progress(_: int) -> None: ...

        cursor = Cursor(link, CURSOR_VERSION, WINDOW)
        return await CalendarReading(self._client, "C=", WINDOW, progress).incremental(cursor)

    async def _token(self, _: str | None) -> str:
        return "token"

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0)
        return httpx.Response(status, json=body, request=request)


def page(*items: dict[str, Any], link: str = LINK, last: bool = True) -> tuple[int, dict[str, Any]]:
    return 200, {"value": list(items), "@odata.deltaLink" if last else "@odata.nextLink": link}


def item(key: str, **more: Any) -> dict[str, Any]:
    times = {
        name: {"dateTime": f"2026-03-10T{hour}:00:00.0000000", "timeZone": "UTC"}
        for name, hour in (("start", "09"), ("end", "10"))
    }
    return {"id": key, "type": "singleInstance", "subject": key, "showAs": "busy", **times, **more}


def test_rule04_a_page_larger_than_asked_for_is_taken_whole() -> None:
    """A series is never split over two pages, so one may be larger than the size asked for."""
    members = [item(f"o{n}", type="occurrence", seriesMasterId="m") for n in range(PAGE_SIZE + 371)]
    collected = Collected()

    collected.add(Page.model_validate(page(*members)[1]))

    assert len(collected.items) == PAGE_SIZE + 371


async def test_rule07_a_link_is_followed_and_kept_as_it_was_given() -> None:
    following = LINK.replace("$deltatoken", "$skiptoken")
    newest = LINK.replace("a%2Bb", "c%2Fd")
    reading = Reading(page(link=following, last=False), page(link=newest))

    found = await reading.changes()

    assert [str(request.url) for request in reading.requests] == [LINK, following]
    assert found.cursor is not None
    assert found.cursor.token == newest


@pytest.mark.parametrize(
    "host", ["https://evil.example.test", "http://graph.example.test", f"{ROOT[:-5]}.evil.example"]
)
async def test_rule07_a_link_to_another_host_is_given_no_token(host: str) -> None:
    foreign = LINK.replace("https://graph.example.test", host, 1)
    reading = Reading(page(link=foreign, last=False))

    with pytest.raises(ProviderUnavailable):
        await reading.changes()

    assert [str(request.url) for request in reading.requests] == [LINK]


async def test_rule12_a_series_that_is_not_there_any_more_is_dropped_with_its_events() -> None:
    """Of which a member was still listed: its master is asked for once, then its events."""
    bare = {**item("o1", type="occurrence", seriesMasterId="m")}
    reading = Reading(page(bare), GONE, GONE)

    found = await reading.changes()

    assert len(reading.requests) == 3
    events = {one.id: one for one in (occurrence("o1", "m", MORNING), single("a", EVENING))}
    before = Mirror(events, {"m": series("m", MORNING)})
    after = reconcile(before, found, Detail.TITLES).mirror
    assert (set(after.events), set(after.series)) == ({"a"}, set())


async def test_rule22_ids_that_differ_by_case_alone_are_two() -> None:
    removed = {"id": "AAMkab=", "@removed": {"reason": "deleted"}}
    first = await Reading(page(item("AAMkAb="), item("AAMkab="))).changes()
    then = await Reading(page(removed)).changes()

    both = reconcile(Mirror(), first, Detail.TITLES).mirror
    kept = {e.id for e in packing.unpack_events(packing.pack_events(both.events.values()))}
    left = reconcile(both, then, Detail.TITLES).mirror

    assert kept == {"AAMkAb=", "AAMkab="}
    assert set(left.events) == {"AAMkAb="}
    assert Calendar(ACCOUNT, "AAMkAb=").key != Calendar(ACCOUNT, "AAMkab=").key


async def test_rule59_a_fault_of_our_registration_alarms_the_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The message goes back to its queue: it is nobody's sign-in that is at fault."""
    sent: list[Message] = []

    async def send(message: Message, delay_seconds: float = 0) -> None:
        assert delay_seconds >= 60
        sent.append(message)

    async def refused(_: SyncCalendar, __: Ports) -> None:
        raise OperatorFault("Microsoft refused our registration: invalid_client")

    key = Calendar(ACCOUNT, "calendar").key
    ports = cast(Ports, SimpleNamespace(queues=SimpleNamespace(send=send)))
    await attempted(SyncCalendar(calendar=key, cause=Cause.SWEEP, at=NOW), refused, ports)

    alarms = [json.loads(one.message) for one in caplog.records if one.levelno >= logging.ERROR]
    assert [(one["what"], one["error"]) for one in alarms] == [("sync-calendar", "operator_fault")]
    assert len(sent) == 1


def _jwt(claims: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(one).encode()) for one in ({"alg": "x"}, claims))
    return ".".join([*(part.decode().rstrip("=") for part in parts), "signature"])


async def _signed_in(**changed: Any) -> str:
    """The account that a sign-in ends with whose identity has these claims."""
    entra = Entra((500, b""))
    sign_in = _sign_in(entra)
    begun = await sign_in.begin("https://app.example.test/callback")
    [nonce] = parse_qs(urlsplit(begun.authorization_url).query)["nonce"]
    root = AUTHORITY.removesuffix("/common")
    claims = {
        "iss": f"{root}/{TENANT}/v2.0",
        "tid": TENANT,
        "oid": "object",
        "sub": "subject",
        "aud": "client",
        "exp": int(time.time()) + 3600,
        "iat": int(time.time()),
        "nonce": nonce,
        **changed,
    }
    tokens = {
        "token_type": "Bearer",
        "access_token": "access",
        "refresh_token": "refresh",
        "expires_in": 3600,
        "scope": " ".join(SCOPES),
        "id_token": _jwt({name: value for name, value in claims.items() if value is not None}),
    }
    entra._token = 200, json.dumps(tokens).encode()
    done = await sign_in.finish(begun.flow, {"code": "code", "state": begun.state})
    return done.account.subject


async def test_rule63_the_issuer_must_be_that_of_the_tenant_itself() -> None:
    assert await _signed_in() == f"{TENANT}.object"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.example.test/{tenantid}/v2.0"},
        {"iss": "https://login.example.test/common/v2.0"},
        {"iss": f"https://login.example.test/{TENANT}/v1.0"},
        {"iss": f"https://evil.example.test/{TENANT}/v2.0"},
        {"iss": None},
        {"tid": "66666666-2222-4333-8444-555555555555"},
        {"tid": None},
        {"oid": None},
        {"aud": "another"},
        {"exp": 1},
    ],
    ids=str,
)
async def test_rule63_any_other_identity_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SignInFailed) as raised:
        await _signed_in(**changed)
    assert raised.value.reason == "identity_invalid"
