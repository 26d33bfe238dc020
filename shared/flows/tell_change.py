"""Adding changes to the feeds of their locations, and having them delivered (R14).

Each can be done again after any step: a change is added once however often it is told.
"""

from collections.abc import Iterable

from shared.domain.changes import Change, connection_changed
from shared.domain.model import Account, LocationId, Problem, UserId
from shared.domain.records import AccountRecord
from shared.flows.being_erased import is_being_erased
from shared.flows.ports import Ports
from shared.messages import DeliverChanges, TellChange, TellConnection


async def tell_change(message: TellChange, ports: Ports) -> str:
    """Not of a user whom nobody knows any more: such a message may outlive their erasure."""
    change = message.change
    member = await ports.locations.member(change.location, UserId(str(change.data["userId"])))
    if not member.known or await is_being_erased(member, ports):
        return "user_erased"
    await tell([change], ports)
    return "told"


async def tell_connection(message: TellConnection, ports: Ports) -> str:
    """Tells every location of the owner. Sent ahead: told only if it came to be."""
    record = await ports.accounts.load(Account.parse(message.account))
    problem = Problem(message.code, message.since)
    if record.owner is None or not _came_to_be(record, problem, restored=message.restored):
        return "nothing_to_tell"
    user, provider = record.owner.user, record.account.provider
    changes = [
        connection_changed(location, user, provider, problem, restored=message.restored)
        for location in record.owner.locations
    ]
    await tell(changes, ports)
    return "told"


async def tell(changes: Iterable[Change], ports: Ports) -> None:
    """Adds them in their order. Raises StoreConflict to be tried again."""
    deliver = ports.webhook is not None
    for location, told in _by_location(changes).items():
        await ports.changes.append(location, told, ports.clock(), deliver=deliver)
        if deliver:
            for subject in dict.fromkeys(change.subject for change in told):
                await ports.queues.send(DeliverChanges(location=location, subject=subject))


def _by_location(changes: Iterable[Change]) -> dict[LocationId, list[Change]]:
    found: dict[LocationId, list[Change]] = {}
    for change in changes:
        found.setdefault(change.location, []).append(change)
    return found


def _came_to_be(record: AccountRecord, problem: Problem, *, restored: bool) -> bool:
    has_it = record.problem is not None and record.problem.since == problem.since
    return has_it is not restored
