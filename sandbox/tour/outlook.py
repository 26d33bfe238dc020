"""Hands that work in Outlook: the sandbox's control API, which also counts what Graph was asked."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from sandbox.tour.unseen import Unseen

_EVENT = re.compile(r"/events(/[^/]+)?$")


class Outlook:
    """The sandbox's control API: what a person does in Outlook, and what Graph was asked."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = await self._http.request(method, f"/sandbox/{path}", **kwargs)
        if not answer.is_success:
            raise Unseen(f"The sandbox refused {method} {path}: {answer.text}")
        return answer.json()

    async def person(self, address: str) -> dict[str, Any]:
        """What the directory knows of a work or personal account."""
        users = (await self.ask("GET", "people"))["users"]
        return next(u for u in users if u["address"] == address and u["kind"] != "guest")

    async def last_request(self) -> int:
        """The number of the newest request in the log."""
        newest = (await self.ask("GET", "requests", params={"limit": 1}))["value"]
        return newest[-1]["number"] if newest else 0

    async def graph_requests(self, mailbox: str, after: int) -> list[dict[str, Any]]:
        """The requests to Graph for a mailbox since request number `after`."""
        asked = {"service": "graph", "mailbox": mailbox, "after": after}
        found: list[dict[str, Any]] = (await self.ask("GET", "requests", params=asked))["value"]
        return found

    async def written(self, mailbox: str, after: int = 0) -> list[dict[str, Any]]:
        """The requests that made, changed or deleted events of a mailbox by way of Graph."""
        found = await self.graph_requests(mailbox, after)
        return [one for one in found if one["method"] != "GET" and _EVENT.search(one["path"])]

    async def event(
        self, method: str, address: str, key: str, change: Mapping[str, Any] | None = None
    ) -> Any:
        """Changes or deletes one event of a mailbox, by hand."""
        path = f"mailboxes/{address}/events/{quote(key, safe='')}"
        return await self.ask(method, path, json=change)

    async def subscriptions(self, mailbox: str) -> int:
        """How many are alive."""
        return len(await self._subscriptions(mailbox))

    async def notified(self, mailbox: str, again: int = 0) -> int:
        """Waits until no notification is under way; how many the mailbox has sent by then.

        The last ones of each subscription are sent `again` first.
        """
        ids = {found["id"] for found in await self._subscriptions(mailbox)}
        for one in ids if again else ():
            await self.ask("POST", f"subscriptions/{one}/replay", json={"last": again})
        if not (await self.ask("POST", "idle", json={}))["idle"]:
            raise Unseen("The notifications did not come to an end.")
        sent = (await self.ask("GET", "notifications"))["value"]
        return sum(item["subscriptionId"] in ids for one in sent for item in one["value"])

    async def _subscriptions(self, mailbox: str) -> list[dict[str, Any]]:
        params = {"mailbox": mailbox}
        found: list[dict[str, Any]] = (await self.ask("GET", "subscriptions", params=params))[
            "value"
        ]
        return found


def graph_time(moment: datetime, zone: str) -> dict[str, str]:
    """As Outlook writes it: on the clocks of the mailbox."""
    return {"dateTime": f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}", "timeZone": zone}


def summary(requests: list[dict[str, Any]], service: str = "Graph") -> str:
    """`4 Graph requests (3 delta, 1 subscriptions)`."""
    kinds = Counter(
        one["path"].rstrip("/").rpartition("/")[2].removesuffix("()") for one in requests
    )
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common(3))
    plural = "" if len(requests) == 1 else "s"
    return f"{len(requests)} {service} request{plural}" + (f" ({told})" if told else "")
