"""Where programs play: two agents, two providers, two locations, and the CRM at both of them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.faults import rule_from_json
from sandbox.stack import Stack
from tests.flows.convergence.hands import GoogleHands, Hands, OutlookHands, Standing
from tests.flows.convergence.later import Later
from tests.flows.convergence.moments import At
from tests.flows.convergence.reading_crm import ReadingCrm
from tests.flows.outlook import OLGA, calendar_id, new_mailbox
from tests.flows.two_providers import PAULA, new_account
from tests.people import Person, choice
from tests.storage import Storage

BORIS = "boris.two@contoso.example"
AGNES, OTHER = "agent1", "agent2"
CALENDARS = ("Calendar", "Second", PAULA, "Private")
"""Those of Agnes: two in Outlook, two in Google."""
LOCATIONS = ("loc1", "loc2")
_ANCHORS = 6
_LONGEST_REST = timedelta(minutes=1)
"""No mailbox that has been throttled asks for more: after that one can sign in to it."""


@dataclass
class Made:
    """An event that a program has made; `count` is 1 for a single one."""

    hands: Hands
    calendar: str
    id: str
    title: str
    first: At
    count: int = 1


@dataclass
class Scene:
    stack: Stack
    storage: Storage
    later: Later
    outlook: OutlookHands
    google: GoogleHands
    boris: OutlookHands
    agents: Mapping[tuple[str, str], Person]
    crms: Mapping[str, ReadingCrm]
    admin: Person
    choices: dict[str, Any] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    taken_away: set[str] = field(default_factory=set)
    titles: int = 0
    foreign: int = 0

    @property
    def hands(self) -> tuple[Hands, ...]:
        return self.outlook, self.google, self.boris

    def agent(self, location: str, user: str = AGNES) -> Person:
        return self.agents[location, user]

    def hands_on(self, calendar: str) -> Hands:
        """Agnes's, in the account that has that calendar."""
        return self.outlook if calendar in self.outlook.calendars else self.google

    def title(self, word: str = "Talk") -> str:
        self.titles += 1
        return f"{word}-{self.titles};"

    def standing(self) -> Iterable[tuple[Hands, Standing]]:
        """Every event of everybody."""
        return [(hands, one) for hands in self.hands for one in hands.standing()]

    def fault(self, rule: Mapping[str, Any]) -> None:
        self.stack.sandbox.world.faults.add(rule_from_json(dict(rule)))

    async def connect(self, location: str, provider: str, user: str = AGNES) -> bool:
        """Whether the sign-in came to its end."""
        person = self.agent(location, user)
        address = {"outlook": OLGA, "google": PAULA}[provider] if user == AGNES else BORIS
        answer = await person.connect(address, provider=provider)
        return f"connected={provider}" in answer.headers.get("location", "")

    async def choose(
        self,
        location: str,
        primary: str | None,
        conflicts: Iterable[str],
        user: str = AGNES,
        **policy: Any,
    ) -> bool:
        """Whether the selection was taken."""
        asked = {
            "primary": self.choices[primary] if primary else None,
            "conflicts": [self.choices[name] for name in conflicts],
            **policy,
        }
        answer = await self.agent(location, user).configure(asked)
        assert answer.status_code in {200, 400, 409, 412, 502, 503}, answer.text
        return answer.status_code == 200

    async def faults_stop(self) -> None:
        world = self.stack.sandbox.world
        world.faults.clear()
        box = self.outlook.box
        box.faults.endless_delta = False
        for name in self.outlook.calendars:
            box.set_read_only(calendar_id(box, name), False)
        for channel in (*world.subscriptions.live(), *world.google.channels.live()):
            channel.silent = False

    async def signs_in_again(self) -> None:
        """Wherever the service says that the user must, or will once it finds out."""
        for (location, user), person in self.agents.items():
            answer = await person.call("GET", person.path("connections"))
            for one in answer.json()["connections"]:
                lost = user == AGNES and one["provider"] in self.taken_away
                if lost or one["status"] == "reconnect_required":
                    assert await self.connect(location, one["provider"], user)

    async def settles(self) -> None:
        """The faults stop, time passes, and one sweep of every calendar runs."""
        await self.later.quiet()
        await self.faults_stop()
        await self.later.passes(_LONGEST_REST)
        await self.signs_in_again()
        await self.later.passes(timedelta(minutes=61))
        await self.later.sweeps()
        await self.later.passes(timedelta(minutes=5))
        await self.later.quiet()


@asynccontextmanager
async def scene_of(stack: Stack, storage: Storage, later: Later) -> AsyncIterator[Scene]:
    """Everything anew: accounts connected, calendars chosen and read."""
    await later.begin_anew()
    await storage.empty()
    async with AsyncExitStack() as people:

        async def person(user: str, rights: dict[str, str]) -> Person:
            return await people.enter_async_context(Person(stack, user, rights, user))

        agents = {
            ("loc1", AGNES): await person(AGNES, {"loc1": "agent", "loc2": "agent"}),
            ("loc2", AGNES): await person(AGNES, {"loc2": "agent", "loc1": "agent"}),
            ("loc1", OTHER): await person(OTHER, {"loc1": "agent"}),
        }
        crm = await person("crm", {"*": "service"})
        users = {"loc1": (AGNES, OTHER), "loc2": (AGNES,)}
        scene = Scene(
            stack,
            storage,
            later,
            OutlookHands(new_mailbox(stack), CALENDARS[:2]),
            GoogleHands(new_account(stack), CALENDARS[2:]),
            OutlookHands(new_mailbox(stack, BORIS), ("Calendar",)),
            agents,
            {name: ReadingCrm(crm, name, who) for name, who in users.items()},
            await person("admin1", {"loc1": "admin"}),
        )
        await _begin(scene)
        yield scene


async def _begin(scene: Scene) -> None:
    world = scene.stack.sandbox.world
    world.subscriptions.settings.retry_delays = (0.01, 0.02)
    tell_plainly(scene)
    scene.outlook.box.create_calendar("Second")
    scene.google.account.create_calendar("Private")
    _anchor(scene)
    for location, user, provider in (
        ("loc1", AGNES, "outlook"),
        ("loc1", AGNES, "google"),
        ("loc2", AGNES, "outlook"),
        ("loc2", AGNES, "google"),
        ("loc1", OTHER, "outlook"),
    ):
        assert await scene.connect(location, provider, user)
    found = await scene.agent("loc1").calendars()
    scene.choices = {name: choice(found[name]) for name in CALENDARS}
    theirs = await scene.agent("loc1", OTHER).calendars()
    scene.choices["Boris"] = choice(theirs["Calendar"])
    assert await scene.choose("loc1", "Calendar", CALENDARS[1:], recurringEvents="first")
    assert await scene.choose("loc2", PAULA, ("Calendar", "Second"), recurringEvents="every")
    assert await scene.choose("loc1", "Boris", (), OTHER, recurringEvents="every")
    await scene.later.quiet()


def tell_plainly(scene: Scene) -> None:
    """Notifications come once, at once, and in order."""
    world = scene.stack.sandbox.world
    for settings in (world.subscriptions.settings, world.google.channels.settings):
        settings.hostile = False
        settings.delay_seconds = (0.0, 0.0)


def _anchor(scene: Scene) -> None:
    """Tells the zone of each calendar in Outlook by events that block nothing (decision 3)."""
    for hands in (scene.outlook, scene.boris):
        for calendar in hands.calendars:
            for hour in range(_ANCHORS):
                hands.add(calendar, At(300, 9 + hour), "Anchor", "free")
