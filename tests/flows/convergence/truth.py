"""When calendars are busy, by the sandbox's control API alone; nothing of ours is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.tour import google, truth
from sandbox.tour.intervals import Interval, clipped, merged
from tests.flows.outlook import BERLIN

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """What counts, as the configuration of a user says it."""

    every: bool
    tentative: bool
    elsewhere: bool
    all_day: bool

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "Policy":
        return cls(
            every=configuration["recurringEvents"] == "every",
            tentative=configuration["busyWhenTentative"],
            elsewhere=configuration["busyWhenElsewhere"],
            all_day=not configuration["ignoreAllDay"],
        )

    def counts(self, shown: str) -> bool:
        asked = {"free": False, "tentative": self.tentative, "workingElsewhere": self.elsewhere}
        return asked.get(shown, True)


@dataclass(frozen=True)
class Chosen:
    """A calendar of an account at the sandbox."""

    provider: str
    address: str
    calendar: str


async def busy_time(
    sandbox: httpx.AsyncClient, calendars: Iterable[Chosen], policy: Policy, window: Interval
) -> list[Interval]:
    """Merged, clipped to the window."""
    found: list[Interval] = []
    for chosen in calendars:
        read = _outlook if chosen.provider == "outlook" else _google
        found += await read(sandbox, chosen, policy, window)
    return merged(clipped(found, window))


async def _outlook(
    sandbox: httpx.AsyncClient, chosen: Chosen, policy: Policy, window: Interval
) -> list[Interval]:
    path = f"mailboxes/{chosen.address}/events"
    standing = await _asked(sandbox, path, calendar=chosen.calendar, masters="1")
    events = standing
    if policy.every:
        events = [one for one in standing if one["type"] == "singleInstance"]
        inside = await _asked(sandbox, path, calendar=chosen.calendar, **_between(window))
        events += [one for one in inside if one["type"] != "singleInstance"]
    return [
        truth.times(one, BERLIN.key)
        for one in events
        if policy.counts(_outlook_shows(one)) and (policy.all_day or not one["isAllDay"])
    ]


def _outlook_shows(event: Event) -> str:
    if event["isCancelled"] or event["responseStatus"]["response"] == "declined":
        return "free"
    return str(event["showAs"])


async def _google(
    sandbox: httpx.AsyncClient, chosen: Chosen, policy: Policy, window: Interval
) -> list[Interval]:
    path = f"google/accounts/{chosen.address}/events"
    between = _between(window) if policy.every else {}
    events = await _asked(sandbox, path, calendar=chosen.calendar, **between)
    if not policy.every:
        events = [one for one in events if "recurringEventId" not in one]
    return [
        google.times(one, BERLIN.key)
        for one in events
        if policy.counts(_google_shows(one)) and (policy.all_day or "date" not in one["start"])
    ]


def _google_shows(event: Event) -> str:
    answers = [one.get("responseStatus") for one in event.get("attendees", ()) if one.get("self")]
    if event.get("transparency") == "transparent" or "declined" in answers:
        return "free"
    open_ = {"needsAction", "tentative"} & set(answers)
    return "tentative" if open_ or event["status"] == "tentative" else "busy"


def _between(window: Interval) -> dict[str, str]:
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in window)
    return {"start": start, "end": end}


async def _asked(sandbox: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    answer = await sandbox.get(f"/sandbox/{path}", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found
