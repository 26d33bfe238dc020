"""What goes wrong on the way, and time that passes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from tests.flows.convergence.scene import Scene, tell_plainly
from tests.flows.outlook import calendar_id

FAULTS: dict[str, dict[str, Any]] = {
    "graph 429": {"preset": "throttled", "count": 2},
    "graph 429 dated": {"preset": "throttled-date", "count": 2},
    "graph 503": {"preset": "unavailable-no-header", "count": 2},
    "graph 504 delta": {"preset": "gateway-timeout", "path": "delta", "count": 2},
    "graph 410": {"preset": "gone", "query": "deltatoken"},
    "graph 410 elsewhere": {"preset": "gone-location", "query": "deltatoken"},
    "graph 404 state": {"preset": "sync-state-404", "query": "deltatoken"},
    "graph 412": {"preset": "conflict-412", "method": "PATCH"},
    "graph 409": {"preset": "save-conflict", "method": "PATCH"},
    "graph 401": {"preset": "token-expired"},
    "graph cut": {"preset": "cut", "count": 2},
    "graph lost": {"preset": "commit-then-cut", "path": "/events$"},
    "graph lost patch": {"preset": "commit-then-cut", "method": "PATCH"},
    "graph lost delete": {"preset": "commit-then-cut", "method": "DELETE"},
    "graph outage": {"preset": "unavailable-no-header", "count": None},
    "graph token 503": {"preset": "token-unavailable", "count": 2},
    "graph token lost": {"service": "token", "effect": "commit-then-cut"},
    "google 429": {"preset": "google-rate-limit-429", "count": 2},
    "google 403": {"preset": "google-user-rate-limit", "count": 2},
    "google 503": {"preset": "google-unavailable", "count": 2},
    "google 500": {"preset": "google-backend-error", "count": 2},
    "google 410": {"preset": "google-gone"},
    "google 412": {"preset": "google-condition", "method": "PATCH"},
    "google 401": {"preset": "google-auth-error"},
    "google cut": {"preset": "google-cut", "count": 2},
    "google lost": {"preset": "google-commit-then-cut", "path": "/events$"},
    "google lost patch": {"preset": "google-commit-then-cut", "method": "PATCH"},
    "google lost delete": {"preset": "google-commit-then-cut", "method": "DELETE"},
    "google outage": {"preset": "google-unavailable", "count": None},
    "google token 503": {"preset": "google-token-unavailable", "count": 2},
    "google token lost": {"preset": "google-token-cut"},
}


@dataclass(frozen=True)
class Fault:
    name: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        scene.fault(FAULTS[self.name])
        return True


@dataclass(frozen=True)
class FaultsStop:
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        await scene.faults_stop()
        return True


@dataclass(frozen=True)
class EndlessDelta:
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        scene.outlook.box.faults.endless_delta = True
        return True


@dataclass(frozen=True)
class CursorsExpire:
    provider: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        if self.provider == "outlook":
            scene.outlook.box.faults.expire_delta_tokens()
        else:
            scene.google.account.expire_sync_tokens()
        return True


@dataclass(frozen=True)
class TokensExpire:
    """Access tokens that we still think good are refused."""

    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        world = scene.stack.sandbox.world
        world.entra.expire_access_tokens(None, world.clock())
        for token in world.google.oauth.access_tokens.values():
            token.expires_at = world.clock()
        return True


@dataclass(frozen=True)
class ChannelsAre:
    """`lost` without a word, `silent`, `removed` with a message, or told `again`."""

    how: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        world, sandbox = scene.stack.sandbox.world, scene.crms["loc1"].person.sandbox
        for channel in (*world.subscriptions.live(), *world.google.channels.live()):
            graph = channel in world.subscriptions.live()
            path = f"/sandbox/{'subscriptions' if graph else 'google/channels'}/{channel.id}"
            match self.how:
                case "silent":
                    channel.silent = True
                case "lost":
                    await sandbox.delete(path)
                case "again":
                    await sandbox.post(f"{path}/replay", json={"last": 5})
                case "removed" if graph:
                    await sandbox.post(f"{path}/lifecycle", json={"event": "subscriptionRemoved"})
        return True


@dataclass(frozen=True)
class Notifications:
    """`hostile`: early, twice, out of order, several in one; or `plain`."""

    how: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        tell_plainly(scene)
        if self.how == "hostile":
            world = scene.stack.sandbox.world
            for settings in (world.subscriptions.settings, world.google.channels.settings):
                settings.hostile = True
                settings.delay_seconds = (0.0, 0.05)
        return True


@dataclass(frozen=True)
class CalendarIdChanges:
    """Of one in Outlook; its owner sees no difference."""

    calendar: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        box = scene.outlook.box
        new = box.rename_calendar_id(calendar_id(box, self.calendar))
        scene.choices[self.calendar] = {**scene.choices[self.calendar], "calendarId": new}
        return True


@dataclass(frozen=True)
class CalendarIsReadOnly:
    """One in Outlook, until the faults stop."""

    calendar: str
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        box = scene.outlook.box
        box.set_read_only(calendar_id(box, self.calendar))
        return True


@dataclass(frozen=True)
class Passes:
    minutes: int
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        await scene.later.passes(timedelta(minutes=self.minutes))
        return True


@dataclass(frozen=True)
class Sweep:
    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        await scene.later.sweeps()
        return True


@dataclass(frozen=True)
class Quiet:
    """Nothing happens until what is due has been worked off."""

    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        await scene.later.quiet()
        return True
