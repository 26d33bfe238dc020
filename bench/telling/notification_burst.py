"""P4: 2,000 notifications of 20 calendars, as fast as they are taken, 50 posts under way.

Compared are a function that does nothing, and one that puts a message of the same length on a
queue, each served by the same host from a process of its own. All get the same bodies from the
same client over warm connections. They take turns of 500 posts, and nothing waits between: the
runs that the burst has started work meanwhile, as they would, and take processor time from all.

Ours is measured twice: answering from the process in which these runs work, as with `func start`;
and from one without queue triggers, as on Flex Consumption, where functions with HTTP triggers
have instances of their own. What is queued then is not worked off.
https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#per-function-scaling

The notifications name no change that is there. That is the worst case: a calendar in which nothing
was found is looked at again after 15 s, and after 60 s more. All of these runs are counted.
"""

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import httpx
from azure.data.tables.aio import TableServiceClient

from bench.connected import at_rest, clients, connected, empty
from bench.measuring import Spread
from bench.place import Place, place
from bench.results import Finding, exactly
from bench.telling.apps import served
from bench.telling.posting import Poster, percentile, poster
from sandbox.tour.unseen import Unseen
from shared.domain.model import CalendarKey
from shared.domain.proof import prove
from shared.messages import SyncCalendar

_CALENDARS = 20
_NOTIFICATIONS = 2_000
_TURN = 500
_AT_ONCE = 50
_WARM_UP = 200
_MOST_SLOWER, _MOST_RUNS = 3.0, 3

_OURS, _NOTHING, _MESSAGE = "ours", "nothing", "one message"
_OUTCOME = re.compile(r"outcome='(\w+)'")
Show = Callable[[str], None]
Turns = dict[str, list[list[float]]]


async def measure(show: Show) -> list[Finding]:
    async with place() as here, served(here, "trivial") as trivial, poster(_AT_ONCE) as post:
        others = {_NOTHING: f"{trivial}/nothing", _MESSAGE: f"{trivial}/one-message"}
        found, bodies = await _whole(here, post, others, show)
        async with served(here, "answering") as api:
            show("the same, answered from a process without queue triggers")
            urls = {**others, _OURS: f"{api}/notifications/outlook"}
            turns = await _burst(post, urls, bodies, show)
    return [*found, *_answers(turns, " from a process of its own")]


async def _whole(
    here: Place, post: Poster, others: Mapping[str, str], show: Show
) -> tuple[list[Finding], list[bytes]]:
    """What a burst and its runs come to, all in one process; and the bodies."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "functions.log"
        async with here.functions_process(log), clients(here) as (api, host):
            await connected(here, api, _CALENDARS, 1, show)
            await at_rest(host)
            bodies = await _bodies(here)
            before, seen = await here.outlook.last_request(), log.stat().st_size
            taken = await _taken(host)
            urls = {**others, _OURS: f"{here.api}/notifications/outlook"}
            turns = await _burst(post, urls, bodies, show)
            show("what is due is worked off, looking again after 15 and 60 s included")
            await empty(host, SyncCalendar.queue)
            asked = await _asked(here, before)
            taken = await _taken(host) - taken
            ended = _ended(log, seen)
    return [*_answers(turns), _reads(asked), _messages(ended, taken)], bodies


async def _bodies(here: Place) -> list[bytes]:
    """A notification of each calendar by turns, as Graph posts them one by one."""
    secret = here.environ["NOTIFICATION_SECRET"]
    async with TableServiceClient.from_connection_string(here.azurite.connection_string) as service:
        rows = service.get_table_client("calendars").query_entities("RowKey eq 'state'")
        keys = sorted([row["PartitionKey"] async for row in rows])
    if len(keys) != _CALENDARS:
        raise Unseen(f"There are {len(keys)} calendars.")
    made = [_notification(prove(secret, CalendarKey(key))) for key in keys]
    return [made[number % len(made)] for number in range(_NOTIFICATIONS)]


def _notification(proof: str) -> bytes:
    """As the examples of Graph's reference have it."""
    user, event = "users/4f1a2c7e-0000-4000-8000-000000000001", "AAMkADJm" + "x" * 140
    item = {
        "subscriptionId": "76222963-cc7b-42d2-882d-8aaa69cb2ba3",
        "subscriptionExpirationDateTime": "2027-03-20T11:00:00.0000000Z",
        "changeType": "updated",
        "resource": f"{user}/events/{event}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": f"{user}/events/{event}",
            "@odata.etag": 'W/"DwAAABYAAAC0j5cSc/Q4T7EBpTTLgAAAAAB4iA=="',
            "id": event,
        },
        "clientState": proof,
        "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
    }
    return json.dumps({"value": [item]}).encode()


async def _burst(
    post: Poster, urls: Mapping[str, str], bodies: Sequence[bytes], show: Show
) -> Turns:
    """Seconds of each answer, by turns."""
    for name, url in urls.items():
        warm = (f"{url}?validationToken=warm", 200) if name == _OURS else (url, 202)
        await post.post_all(warm[0], bodies[:_WARM_UP], warm[1])
    turns: Turns = {name: [] for name in urls}
    for number, some in enumerate(_in_turns(bodies)):
        for name, url in urls.items():
            turns[name].append(await post.post_all(url, some, 202))
        p99 = {name: percentile(found[-1], 0.99) * 1e3 for name, found in turns.items()}
        told = ", ".join(f"{name} {value:.0f}" for name, value in p99.items())
        show(f"turn {number + 1}, p99 in ms: {told}")
    return turns


def _in_turns(bodies: Sequence[bytes]) -> Iterator[list[bytes]]:
    waiting = iter(bodies)
    while some := list(islice(waiting, _TURN)):
        yield some


async def _asked(here: Place, before: int) -> Counter[str]:
    """How often Graph was asked what has changed, by mailbox: each has one calendar."""
    asked = {"service": "graph", "after": before, "path": "delta"}
    found = (await here.outlook.ask("GET", "requests", params=asked))["value"]
    return Counter(one["mailbox"] for one in found)


async def _taken(host: httpx.AsyncClient) -> int:
    """How many messages to sync a calendar there have been since the start."""
    status = (await host.get("/host/status")).json()
    return int(status["functions"]["SyncCalendar"]["started"])


def _ended(log: Path, seen: int) -> Counter[str]:
    """Runs by how they ended, as the functions have logged it since then."""
    ended: Counter[str] = Counter()
    for line in log.read_bytes()[seen:].decode("utf-8", "replace").splitlines():
        if '"what": "sync-calendar"' in line:
            record = json.loads(line[line.index("{") :])
            outcome = _OUTCOME.search(str(record.get("done")))
            again = record.get("outcome") or record.get("error")
            swept = " by the sweep" if record.get("cause") == "sweep" else ""
            ended[(outcome[1] if outcome else str(again)) + swept] += 1
    return ended


def _answers(turns: Turns, where: str = "") -> list[Finding]:
    nothing, message = "a function that does nothing", "a function that queues one message"
    return [
        _answer(0.99, where, turns, _NOTHING, nothing, _MOST_SLOWER),
        _answer(0.99, where, turns, _MESSAGE, message),
        _answer(0.5, where, turns, _NOTHING, nothing),
        _answer(0.5, where, turns, _MESSAGE, message),
    ]


def _answer(
    share: float, where: str, turns: Turns, other: str, against: str, most: float | None = None
) -> Finding:
    ours, theirs = _at(share, turns[_OURS]), _at(share, turns[other])
    return Finding(
        work="P4",
        what=f"answer{where}, p{share * 100:.0f}",
        ours=ours,
        unit="ms",
        against=against,
        theirs=theirs,
        aim=f"at most {most:.0f}" if most else "",
        met=ours.median <= most * theirs.median if most else None,
    )


def _at(share: float, turns: Sequence[Sequence[float]]) -> Spread:
    """Of all answers together; how far apart the turns lie."""
    each = [percentile(one, share) * 1e3 for one in turns]
    whole = percentile([seconds for one in turns for seconds in one], share) * 1e3
    return Spread(whole, min(each), max(each), len(each))


def _reads(asked: Counter[str]) -> Finding:
    found = Spread.of([asked[mailbox] for mailbox in asked] or [0])
    return Finding(
        work="P4",
        what="runs of a calendar that ask Graph for changes",
        ours=found,
        unit="",
        aim=f"at most {_MOST_RUNS}",
        met=len(asked) == _CALENDARS and found.high <= _MOST_RUNS,
        remark=f"{asked.total()} requests for {len(asked)} calendars.",
    )


def _messages(ended: Counter[str], taken: int) -> Finding:
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in ended.most_common())
    what = f"messages queued by {_NOTIFICATIONS:,} notifications"
    return Finding("P4", what, exactly(taken), "", remark=f"Their runs ended: {told}.")
