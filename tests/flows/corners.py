"""A corner of the world for each run that is cut short: a mailbox, users and locations of its own.

What a run leaves behind is looked for in its corner alone, so no run needs the last one's tidied
away. `wrong_in` says what must never be left, whatever happened on the way.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from sandbox.microsoft.mailbox.mailbox import Mailbox
from shared import services
from shared.domain.access import Caller, Membership
from shared.domain.changes import ChangeType
from shared.domain.due import minute_slot
from shared.domain.mirror import Availability
from shared.domain.model import (
    Account,
    Calendar,
    CalendarKey,
    LocationId,
    PushStatus,
    Roster,
    UserId,
    Watch,
)
from shared.domain.records import CalendarPartition, Member
from shared.domain.selection import Choice, Selection
from shared.flows.apply_selection import selected
from shared.flows.configure import configure
from shared.flows.connect import begin_connect, finish_connect
from shared.flows.disconnect import disconnect
from shared.flows.ports import Ports
from shared.messages import Cause, SyncCalendar
from shared.store.rows import in_partition
from tests.flows.line import HIDDEN
from tests.flows.outlook import (
    OUTLOOK,
    account_of,
    add,
    calendar_id,
    key_of,
    new_mailbox,
    span,
    user_of,
)
from tests.people import Person


@dataclass(frozen=True)
class SignIn:
    """A user who comes back from the provider: what the browser brings."""

    answer: dict[str, str]
    browser_secret: str


@dataclass
class Corner:
    """An Outlook account with two calendars, its user at two locations, and another user.

    `former` are the keys of calendars that have another id now.
    """

    person: Person
    pass_time: Callable[[timedelta], None]
    number: int
    moves: int = 0
    former: set[CalendarKey] = field(default_factory=set)
    mailbox: Mailbox = field(init=False)
    sign_ins: list[SignIn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mailbox = new_mailbox(self.person.stack, self.address)
        self.mailbox.create_calendar("Second")
        add(self.mailbox, span(3))
        self.near, self.far = LocationId(f"near{self.number}"), LocationId(f"far{self.number}")
        self.user, self.rival = UserId(f"user{self.number}"), UserId(f"rival{self.number}")

    @property
    def address(self) -> str:
        return f"p{self.number}@contoso.example"

    @property
    def account(self) -> Account:
        return account_of(self.person.stack, self.address)

    @property
    def keys(self) -> dict[CalendarKey, str]:
        """The account's calendars by their keys."""
        return {key_of(self.person.stack, self.address, n): n for n in ("Calendar", "Second")}

    @property
    def places(self) -> list[tuple[LocationId, UserId]]:
        return [(place, who) for place in (self.near, self.far) for who in (self.user, self.rival)]

    def caller(self, user: UserId | None = None) -> Caller:
        agent = Membership.AGENT
        return Caller(user or self.user, "Somebody", {self.near: agent, self.far: agent})

    async def sign_in(self, user: UserId | None = None, at: LocationId | None = None) -> SignIn:
        """Signs in at Microsoft; our callback is still to come."""
        ports = services.ports()
        begun = await begin_connect(self.caller(user), at or self.near, OUTLOOK, None, ports)
        url = await self.person.sign_in(begun.authorization_url, self.address)
        return SignIn(dict(parse_qsl(urlsplit(url).query)), begun.browser_secret)

    async def connect(self, user: UserId | None = None, at: LocationId | None = None) -> None:
        await finish(await self.sign_in(user, at))

    async def choose(
        self, primary: str | None, *conflicts: str, at: LocationId | None = None
    ) -> None:
        """Chooses calendars by name, on top of the newest version."""
        ports, place = services.ports(), at or self.near
        names = [*([primary] if primary else []), *conflicts]
        choices = {name: Choice(OUTLOOK, calendar_id(self.mailbox, name)) for name in names}
        wanted = Selection(
            choices[primary] if primary else None, tuple(choices[name] for name in conflicts)
        )
        number = (await ports.locations.member(place, self.user)).selection.number
        await configure(self.caller(), place, self.user, wanted, number, ports)

    async def disconnect(self, at: LocationId | None = None) -> None:
        await disconnect(self.caller(), at or self.near, self.user, OUTLOOK, services.ports())

    async def members(self) -> list[Member]:
        ports = services.ports()
        return [await ports.locations.member(place, user) for place, user in self.places]

    async def connections(self) -> set[str]:
        """Who has the account where, such as `user at near`."""
        return {
            f"{_bare(member.user)} at {_bare(member.location)}"
            for member in await self.members()
            if member.connections
        }

    async def chosen(self) -> set[str]:
        """Which calendar is what to whom, such as `Calendar primary of user at near`."""
        return {
            f"{self.keys[calendar.key]} {role.value} of {_bare(one.user)} at {_bare(one.location)}"
            for one in await self.members()
            for calendar, role in selected(one).items()
        }

    async def sweep(self) -> None:
        """Queues what the rosters have of this account, as the sweeps of an hour do."""
        ports = services.ports()
        for key in sorted({*self.keys, *self.former}):
            if await rosters_of(key):
                await ports.queues.send(
                    SyncCalendar(calendar=key, cause=Cause.SWEEP, at=ports.clock())
                )


async def finish(sign_in: SignIn) -> None:
    await finish_connect(OUTLOOK, sign_in.answer, sign_in.browser_secret, services.ports())


def _bare(name: str) -> str:
    return name.rstrip("0123456789")


async def _names(store: object, partition: str) -> set[str]:
    """The names of the rows of that partition."""
    rows = await store._table.query(in_partition(partition), ["RowKey"])  # type: ignore[attr-defined]
    return {str(row["RowKey"]) for row in rows}


async def rosters_of(key: CalendarKey) -> set[Roster]:
    ports, slot = services.ports(), minute_slot(key)
    return {one for one in Roster if key in [k async for k in ports.roster.due(one, slot)]}


async def wrong_in(corner: Corner) -> list[str]:
    """What contradicts itself, or belongs to nobody, once all work is done."""
    ports, members = services.ports(), await corner.members()
    wrong = [*await _wrong_account(corner, members, ports)]
    known: set[str] = set()
    for key, name in corner.keys.items():
        partition = await ports.calendars.load(key)
        if partition is not None and partition.state.push.subscription_id:
            known.add(partition.state.push.subscription_id)
        found = await _wrong_calendar(corner, key, partition, members, ports)
        wrong += [f"{name}: {what}" for what in found]
    for key in sorted(corner.former):
        wrong += ["kept by its former id"] if await _names(ports.calendars, key) else []
        wrong += ["in a roster by its former id"] if await rosters_of(key) else []
    user = user_of(corner.person.stack, corner.address)
    live = {one.id for one in corner.person.stack.sandbox.world.subscriptions.live(user)}
    if live != known:
        wrong.append(f"{len(live - known)} subscriptions unknown, {len(known - live)} dead")
    wrong += [f"selection: {what}" for member in members for what in _wrong_selection(member)]
    return wrong + [
        what for place in (corner.near, corner.far) for what in await _wrong_feed(corner, place)
    ]


async def _wrong_account(corner: Corner, members: list[Member], ports: Ports) -> list[str]:
    account, wrong = corner.account, list[str]()
    record = await ports.accounts.load(account)
    connected = {(one.user, one.location) for one in members if one.connections}
    owned = {(record.owner.user, at) for at in record.owner.locations} if record.owner else set()
    if connected != owned:
        wrong.append(f"connected {sorted(connected)}, owned {sorted(owned)}")
    if record.owner is None:
        left = await _names(ports.accounts, str(account))
        wrong += [f"left of the account: {sorted(left)}"] if left else []
        return wrong
    if record.tokens is None:
        wrong.append("no tokens")
    kept = {key for key in corner.keys if await ports.calendars.glance(key, None) is not None}
    if not record.calendars >= kept:  # one too many is forgotten with the account
        wrong.append(f"of {len(kept)} calendars the account knows {len(record.calendars)}")
    if any(until > ports.clock() + HIDDEN for until in record.leases.values()):
        wrong.append("a place at the mailbox is taken for too long")
    return wrong


async def _wrong_calendar(
    corner: Corner,
    key: CalendarKey,
    kept: CalendarPartition | None,
    members: list[Member],
    ports: Ports,
) -> list[str]:
    rosters, wrong = await rosters_of(key), list[str]()
    wanted = {
        Watch(one.location, one.user, role)
        for one in members
        for calendar, role in selected(one).items()
        if calendar.key == key
    }
    if kept is None:
        left = await _names(ports.calendars, key)
        wrong += [f"left: {sorted(left)}"] if left else []
        wrong += ["in a roster"] if rosters else []
        wrong += ["not kept"] if wanted else []
        return wrong
    state = kept.state
    if set(kept.watches) != wanted:
        wrong.append(f"watches {kept.watches}, wanted {wanted}")
    if not rosters:  # the next full read takes it out of one too many
        wrong.append("in no roster")
    if state.checked_at is None or state.problem is not None:
        wrong.append(f"read {state.checked_at}, problem {state.problem}")
    if state.push.status is not PushStatus.ACTIVE:
        wrong.append(f"push {state.push.status}")
    kinds = Counter(name.partition("|")[0] for name in await _names(ports.calendars, key))
    wrong += ["left in the outbox"] if kinds["outbox"] else []
    there, mirrored = _events(corner, corner.keys[key]), _mirrored(kept)
    if there != mirrored:
        wrong.append(f"mirror {mirrored}, there {there}")
    return wrong


def _events(corner: Corner, name: str) -> list[tuple[str, ...]]:
    [entry] = [one for one in corner.mailbox.calendars() if one.calendar.name == name]
    events = entry.calendar.events.values()
    return sorted(_utc(one.start, one.end) for one in events)


def _utc(*moments: datetime) -> tuple[str, ...]:
    return tuple(one.astimezone(UTC).isoformat() for one in moments)


def _mirrored(kept: CalendarPartition) -> list[tuple[str, ...]]:
    return sorted(
        _utc(one.span.start, one.span.end)
        for one in kept.mirror.events.values()
        if one.availability is not Availability.FREE
    )


def _wrong_selection(member: Member) -> Iterable[str]:
    watched = {one.calendar for one in member.selection.watched}
    if watched != selected(member).keys():
        yield f"{len(watched)} watched, {len(selected(member))} selected"
    chosen = {choice.provider for choice, _ in member.selection.selection.roles()}
    if not chosen <= member.connections.keys():
        yield "calendars of an account that is not connected"


async def told_in(corner: Corner) -> int:
    """How many changes the feeds of both locations have."""
    ports = services.ports()
    feeds = [
        await ports.changes.read(at, None, 1000, ports.clock()) for at in (corner.near, corner.far)
    ]
    return sum(map(len, feeds))


async def _wrong_feed(corner: Corner, location: LocationId) -> list[str]:
    ports = services.ports()
    rows = await _names(ports.changes, location)
    feed = await ports.changes.read(location, None, 1000, ports.clock())
    ids = [one.change.id for one in feed]
    wrong = ["a change twice"] if len(ids) != len(set(ids)) else []
    if [one.number for one in feed] != list(range(1, len(feed) + 1)):
        wrong.append("a gap in the feed")
    if any(name.startswith("pending|") for name in rows):
        wrong.append("a change waits for its delivery")
    received = {one.id for one in corner.person.stack.sandbox.world.crm.received}
    told = {one.change.id for one in feed if one.change.type is not ChangeType.ERASED}
    if not received.issuperset(told):
        wrong.append("a change that the CRM was not told")
    return wrong


def calendar_of(corner: Corner, name: str) -> Calendar:
    return Calendar(corner.account, calendar_id(corner.mailbox, name))
