"""Google's own Python client against the stand-in."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.server import RunningSandbox
from tests.sandbox.google_client import (
    GINA,
    Listener,
    library,
    listening,
    run,
    timed,
    weekly,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:httplib2.*")


@pytest.fixture
def api(sandbox: RunningSandbox) -> Iterator[Any]:
    made = library(sandbox, GINA)
    yield made
    made.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as made:
        yield made


def every_page(resource: Any, **given: Any) -> tuple[list[dict[str, Any]], str]:
    request, items = resource.list(**given), []
    while True:
        page = request.execute()
        items += page["items"]
        following = resource.list_next(request, page)
        if following is None:
            return items, page["nextSyncToken"]
        request = following


def reason(refused: pytest.ExceptionInfo[HttpError]) -> tuple[int, str]:
    return refused.value.status_code, refused.value.error_details[0]["reason"]


async def test_full_and_incremental_list(api: Any) -> None:
    def work() -> None:
        events = api.events()
        before, token = every_page(events, calendarId="primary")
        assert {event["summary"] for event in before} >= {"Design review", "Stand-up"}
        made = events.insert(calendarId="primary", body={"summary": "New", **timed()}).execute()
        series = events.insert(calendarId="primary", body=weekly()).execute()
        second = events.instances(calendarId="primary", eventId=series["id"]).execute()["items"][1]
        events.delete(calendarId="primary", eventId=second["id"]).execute()
        events.delete(calendarId="primary", eventId=before[0]["id"]).execute()
        items, after = every_page(events, calendarId="primary", syncToken=token)
        found = {item["id"]: item for item in items}
        assert found[made["id"]]["summary"] == "New"
        assert found[before[0]["id"]]["status"] == "cancelled"
        assert found[second["id"]]["recurringEventId"] == series["id"]
        assert after != token
        assert every_page(events, calendarId="primary", syncToken=after)[0] == []

    await run(work)


async def test_patch_and_the_etag(api: Any) -> None:
    def work() -> None:
        events = api.events()
        made = events.insert(calendarId="primary", body={"summary": "A", **timed()}).execute()
        patch = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "B"})
        patch.headers["If-Match"] = made["etag"]
        changed = patch.execute()
        assert changed["summary"] == "B"
        assert changed["start"] == made["start"]
        again = events.patch(calendarId="primary", eventId=made["id"], body={"summary": "C"})
        again.headers["If-Match"] = made["etag"]
        with pytest.raises(HttpError) as refused:
            again.execute()
        assert reason(refused) == (412, "conditionNotMet")

    await run(work)


async def test_the_same_id_twice(api: Any) -> None:
    def work() -> None:
        events, body = api.events(), {"id": "abcde12345", "summary": "Mine", **timed()}
        events.insert(calendarId="primary", body=body).execute()
        with pytest.raises(HttpError) as refused:
            events.insert(calendarId="primary", body=body).execute()
        assert reason(refused) == (409, "duplicate")
        events.delete(calendarId="primary", eventId="abcde12345").execute()
        with pytest.raises(HttpError) as refused:
            events.insert(calendarId="primary", body=body).execute()
        assert reason(refused) == (409, "duplicate")
        with pytest.raises(HttpError) as refused:
            events.delete(calendarId="primary", eventId="abcde12345").execute()
        assert reason(refused) == (410, "deleted")
        revived = events.patch(
            calendarId="primary", eventId="abcde12345", body={"status": "confirmed"}
        ).execute()
        assert (revived["status"], revived["summary"]) == ("confirmed", "Mine")

    await run(work)


async def test_a_lost_sync_token(api: Any, sandbox: RunningSandbox) -> None:
    _, token = await run(lambda: every_page(api.events(), calendarId="primary"))
    sandbox.world.google.account(GINA).expire_sync_tokens()
    with pytest.raises(HttpError) as refused:
        await run(lambda: every_page(api.events(), calendarId="primary", syncToken=token))
    assert reason(refused) == (410, "fullSyncRequired")


async def test_watch_and_stop(api: Any, sandbox: RunningSandbox, listener: Listener) -> None:
    body = {"id": "channel-1", "type": "web_hook", "address": listener.url, "token": "secret"}
    channel = await run(api.events().watch(calendarId="primary", body=body).execute)
    assert channel["kind"] == "api#channel"
    assert channel["resourceUri"].startswith(sandbox.https_url)
    assert int(channel["expiration"]) > 1_700_000_000_000
    named = {"id": channel["id"], "resourceId": channel["resourceId"]}
    assert await run(api.channels().stop(body=named).execute) == ""
    with pytest.raises(HttpError) as refused:
        await run(api.channels().stop(body=named).execute)
    assert reason(refused) == (404, "notFound")


async def test_calendar_list_and_free_busy(api: Any) -> None:
    def work() -> None:
        entries, token = every_page(api.calendarList())
        names = {entry["summary"]: entry["accessRole"] for entry in entries}
        assert names[GINA] == "owner"
        assert (names["Site rota"], names["Away"]) == ("writer", "reader")
        assert every_page(api.calendarList(), syncToken=token)[0] == []
        setting = api.settings().get(setting="timezone").execute()
        assert setting["value"] == "Europe/London"
        assert api.calendars().get(calendarId="primary").execute()["id"] == GINA
        body = {
            "timeMin": "2027-03-01T00:00:00Z",
            "timeMax": "2027-03-02T00:00:00Z",
            "items": [{"id": "primary"}, {"id": "missing@example.com"}],
        }
        api.events().insert(calendarId="primary", body={"summary": "X", **timed()}).execute()
        calendars = api.freebusy().query(body=body).execute()["calendars"]
        busy = {"start": "2027-03-01T10:00:00Z", "end": "2027-03-01T11:00:00Z"}
        assert busy in calendars["primary"]["busy"]
        assert calendars["missing@example.com"]["errors"] == [
            {"domain": "global", "reason": "notFound"}
        ]

    await run(work)
