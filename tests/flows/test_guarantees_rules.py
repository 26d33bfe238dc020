"""Rules for the engine (docs/guarantees.md) that no other test shows, over the whole stack."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.functions_host.queues import Queues
from sandbox.stack import Stack
from tests.e2e.refusals import assert_page, assert_sent_back, nothing_kept
from tests.flows.outlook import OLGA, Requests, busy_spans, connected, look, new_mailbox, span
from tests.flows.two_providers import PAULA, GooglePlace, gentle, new_account
from tests.people import ADELE, Person, cookie_of
from tests.storage import Storage


async def test_rule44_what_cannot_be_queued_is_answered_with_an_error(
    stack: Stack, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So Graph sends it again; and what was sent again is read."""
    mailbox = new_mailbox(stack)
    await connected(agent)
    [subscription] = stack.sandbox.world.subscriptions.live()
    subscription.silent = True
    when = span(3)
    mailbox.create_event(start=when[0], end=when[1])
    note = {"subscriptionId": subscription.id, "clientState": subscription.client_state}

    async def full(*_: object) -> None:
        raise ConnectionError("the queue takes nothing")

    with monkeypatch.context() as broken:
        broken.setattr(Queues, "send", full)
        refused = await agent.http.post("/notifications/outlook", json={"value": [note]})
    assert refused.status_code >= 500
    assert await busy_spans(agent) == []

    taken = await agent.http.post("/notifications/outlook", json={"value": [note]})
    await agent.settled()
    assert taken.status_code == 202
    assert await busy_spans(agent) == [when]


async def test_rule53_a_google_channel_is_opened_before_the_old_one_is_stopped(
    stack: Stack, agent: Person, pass_time: Callable[[timedelta], None]
) -> None:
    google, account = gentle(stack), new_account(stack)
    assert "connected=google" in (await agent.connect(PAULA, provider="google")).headers["location"]
    await agent.choose(PAULA)
    [old] = google.channels.live()
    place = GooglePlace(stack, account, PAULA)
    asked = Requests(stack)

    pass_time(timedelta(days=4))
    await look(stack, place.key)
    assert asked.find("POST", "/(watch|stop)$", "google") == []
    pass_time(timedelta(days=1))
    await look(stack, place.key)

    calls = asked.find("POST", "/(watch|stop)$", "google")
    assert [one.path.rpartition("/")[2] for one in calls] == ["watch", "stop"]
    [new] = google.channels.live()
    assert new.id != old.id
    place.add(span(3))
    await agent.settled()
    assert await busy_spans(agent) == [span(3)]


@pytest.mark.parametrize("more", [{}, {"error": "access_denied"}], ids=["consent", "error"])
async def test_rule64_the_redirect_of_an_administrators_consent_connects_nothing(
    agent: Person, storage: Storage, more: dict[str, str]
) -> None:
    """Anybody can write that address: neither `tenant` nor `admin_consent` is believed."""
    begun = await agent.begin()
    redirect = await agent.sign_in(begun.json()["authorizationUrl"], ADELE)
    [state] = parse_qs(urlsplit(redirect).query)["state"]
    given = {"admin_consent": "True", "tenant": "11111111-2222-4333-8444-555555555555", **more}
    address = f"{agent.stack.api}/oauth/outlook/callback?{urlencode(given)}"

    async with nothing_kept(storage):
        assert_page(await agent.back(address, cookie_of(begun)), "only ends a sign-in")
    own = f"{address}&{urlencode({'state': state})}"
    code = "denied" if more else "sign_in_mismatch"
    assert_sent_back(await agent.back(own, cookie_of(begun)), code)

    answer = await agent.call("GET", agent.path("connections"))
    assert answer.json() == {"connections": []}


async def test_e5_all_pages_of_the_list_of_calendars_are_read(stack: Stack, agent: Person) -> None:
    mailbox = new_mailbox(stack)
    names = {f"Calendar {number}" for number in range(130)}
    for name in names:
        mailbox.create_calendar(name)
    await agent.connect(OLGA)
    asked = Requests(stack)

    found = await agent.calendars()

    assert set(found) == names | {"Calendar"}
    assert len(asked.find("GET", "/me/calendars$")) >= 2
