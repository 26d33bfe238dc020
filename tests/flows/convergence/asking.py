"""What the CRM asks for and reads, and what users choose."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.flows.convergence.moments import At
from tests.flows.convergence.scene import AGNES, Scene
from tests.flows.outlook import revoke


@dataclass(frozen=True)
class Book:
    """Puts an appointment, or changes it, its user, or its calendar."""

    name: str
    at: At
    user: str = AGNES
    team: bool = True
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        given: dict[str, Any] = {}
        if not self.team:
            given["calendar"] = {"id": "none", "kind": "unassigned"}
        crm, title = scene.crms["loc1"], scene.title("Viewing")
        return await crm.put(self.name, self.at.utc, title, self.user, **given)


@dataclass(frozen=True)
class Cancel:
    name: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        crm = scene.crms["loc1"]
        known = crm.appointments.get(self.name)
        if known is None:
            return False
        when = known["start"], known["end"]
        return await crm.put(self.name, when, known["title"], known["userId"], status="cancelled")


@dataclass(frozen=True)
class Unbook:
    name: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        return await scene.crms["loc1"].delete(self.name)


@dataclass(frozen=True)
class CrmReads:
    """The feed, and the busy time that it tells of."""

    edits: ClassVar[bool] = False

    async def run(self, scene: Scene) -> bool:
        for crm in scene.crms.values():
            await crm.read()
        return True


@dataclass(frozen=True)
class Choose:
    location: str
    primary: str | None
    conflicts: tuple[str, ...]
    policy: tuple[tuple[str, Any], ...] = ()
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        others = [name for name in self.conflicts if name != self.primary]
        return await scene.choose(self.location, self.primary, others, **dict(self.policy))


@dataclass(frozen=True)
class Disconnect:
    location: str
    provider: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        person = scene.agent(self.location)
        answer = await person.call("DELETE", person.path(f"connections/{self.provider}"))
        assert answer.status_code in {204, 503}, answer.text
        return answer.status_code == 204


@dataclass(frozen=True)
class Connect:
    location: str
    provider: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        return await scene.connect(self.location, self.provider)


@dataclass(frozen=True)
class Policy:
    """What becomes of changes to the events of appointments: `apply` or `restore` (R14)."""

    name: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        where = "/locations/loc1/settings"
        etag = (await scene.admin.call("GET", where)).headers["etag"]
        answer = await scene.admin.call(
            "PUT", where, json={"externalChanges": self.name}, headers={"If-Match": etag}
        )
        return answer.status_code == 200


@dataclass(frozen=True)
class TakeAccessAway:
    """At the provider; in the end the user signs in again."""

    provider: str
    edits: ClassVar[bool] = True

    async def run(self, scene: Scene) -> bool:
        world = scene.stack.sandbox.world
        if self.provider == "google":
            world.google.revoke(scene.google.account)
        else:
            revoke(scene.stack)
        scene.taken_away.add(self.provider)
        return True
