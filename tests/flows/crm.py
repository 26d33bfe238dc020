"""What tests of appointments arrange and look at: the CRM's requests, and the events there are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox.microsoft.mailbox.mailbox import Mailbox
from tests.flows.outlook import Span, span, until
from tests.people import Person

HOUR = timedelta(hours=1)
ZONE = "Europe/Berlin"


def body(
    when: Span | None = None, user: str = "agent1", title: str = "Viewing", **given: Any
) -> dict[str, Any]:
    """An appointment of a team calendar, three days from now unless said otherwise."""
    start, end = when or span(3)
    return {
        "userId": user,
        "calendar": {"id": "team1", "kind": "team"},
        "title": title,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "timeZone": ZONE,
        **given,
    }


def path(name: str, location: str = "loc1") -> str:
    return f"/locations/{location}/appointments/{name}"


async def put(crm: Person, name: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """Puts the appointment, which must be taken; returns the answer."""
    answer = await crm.call("PUT", path(name), json=asked or body())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def get(crm: Person, name: str) -> dict[str, Any]:
    answer = await crm.call("GET", path(name))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def delete(crm: Person, name: str) -> httpx.Response:
    return await crm.call("DELETE", path(name))


async def reaches(crm: Person, name: str, state: str, code: str | None = None) -> dict[str, Any]:
    """Waits until the writing stands like that; returns the appointment."""
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await get(crm, name))
        return found["sync"]["state"] == state and found["sync"].get("code") == code

    await until(crm.stack, there)
    return found


async def synced(crm: Person, name: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """Puts the appointment and waits until its event is written and all is quiet again."""
    await put(crm, name, asked)
    found = await reaches(crm, name, "synced")
    await crm.settled()
    return found


Shown = tuple[str, datetime, datetime]


def written(mailbox: Mailbox, calendar: str = "Calendar") -> list[Shown]:
    """The events on that calendar as (subject, start, end) in UTC, in order."""
    [entry] = [entry for entry in mailbox.calendars() if entry.calendar.name == calendar]
    events = entry.calendar.events.values()
    return sorted(
        (event.details.subject, event.start.astimezone(UTC), event.end.astimezone(UTC))
        for event in events
    )


def shown(asked: dict[str, Any]) -> Shown:
    """What the event of that appointment is to say."""
    start, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
    return asked["title"], start.astimezone(UTC), end.astimezone(UTC)


async def quiet(person: Person, *queues: str) -> None:
    """Waits until nothing waits on those queues, not even messages for later."""
    from shared import services

    async def empty() -> bool:
        lengths = [await services.ports().queues.length(queue) for queue in queues]
        return not any(lengths)

    await until(person.stack, empty)


async def changes(crm: Person, after: str | None = None) -> Sequence[dict[str, Any]]:
    """The feed of the location."""
    params = {"after": after} if after else {}
    answer = await crm.call("GET", "/locations/loc1/changes", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["changes"])


async def told(crm: Person, kind: str) -> list[dict[str, Any]]:
    """The data of the changes of that type in the feed."""
    return [one["data"] for one in await changes(crm) if one["type"] == kind]
