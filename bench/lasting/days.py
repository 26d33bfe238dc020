"""Days of one mailbox by a clock that is moved on: the sweep, changes and what follows of both."""

from datetime import datetime, timedelta

from bench.costs.load import NOTIFICATION, SWEEP
from bench.lasting.one_mailbox import OneMailbox
from bench.lasting.tally import Tally
from bench.lasting.virtual_clock import CLOCK
from shared.domain import due
from shared.domain.model import Roster
from shared.flows.sweep import sweep
from shared.messages import Cause, SyncCalendar

DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
Tallies = dict[str, list[Tally]]


async def day(mailbox: OneMailbox, start: datetime, changes: int) -> Tallies:
    for moment in await _ticks(mailbox, start):
        mailbox.agenda.at(moment, lambda: _tick(mailbox))
    for number in range(changes):
        moment = start + (number + 0.5) * DAY / changes + timedelta(seconds=7)
        mailbox.agenda.at(moment, lambda: _edited(mailbox))
    await mailbox.agenda.until(start + DAY)
    return mailbox.agenda.taken()


async def _ticks(mailbox: OneMailbox, start: datetime) -> list[datetime]:
    """The minutes of the day in which one of the calendars is due."""
    due_in: set[int] = set()
    for key in mailbox.keys:
        found = await mailbox.ports.calendars.load(key)
        assert found is not None
        pushed = found.state.roster is Roster.PUSH
        policies = mailbox.ports.policies
        period = policies.sweep_minutes if pushed else policies.sweep_minutes_without_push
        due_in |= {m for m in range(60) if m % period == due.minute_slot(key) % period}
    first = start.replace(second=0, microsecond=100_000)
    minutes = (first + number * _MINUTE for number in range(1, 24 * 60 + 1))
    return [moment for moment in minutes if moment.minute in due_in]


async def _tick(mailbox: OneMailbox) -> None:
    async with mailbox.agenda.counting.run(asks=False) as tally:
        await sweep(mailbox.ports)
    mailbox.agenda.tallies[SWEEP].append(tally)


async def _edited(mailbox: OneMailbox) -> None:
    async with mailbox.agenda.counting.run() as tally:
        await mailbox.edit()
    told = mailbox.told()
    tally.provider.clear()
    tally.runs = len(told)
    mailbox.agenda.tallies[NOTIFICATION].append(tally)
    for message in told:
        mailbox.agenda.at(CLOCK(), mailbox.agenda.message(message, mailbox.ports))


async def check_all(mailbox: OneMailbox) -> None:
    for key in mailbox.keys:
        message = SyncCalendar(calendar=key, cause=Cause.SWEEP, at=CLOCK())
        await mailbox.agenda.message(message, mailbox.ports)()


async def renewal(mailbox: OneMailbox) -> Tally:
    """Of the channel of the primary calendar, in a run in which nothing else is due."""
    primary = mailbox.keys[0]
    found = await mailbox.ports.calendars.load(primary)
    renews_at = due.push_renews_at(found.state.push) if found else None
    assert renews_at is not None
    for ahead in (-5, 5):
        await mailbox.agenda.until(renews_at + ahead * _MINUTE)
        mailbox.agenda.taken()
        await check_all(mailbox)
    return mailbox.agenda.taken()[SyncCalendar.queue][0]


async def renewed_every(mailbox: OneMailbox) -> float:
    """In days."""
    found = await mailbox.ports.calendars.load(mailbox.keys[0])
    assert found is not None
    push = found.state.push
    renews_at = due.push_renews_at(push)
    assert renews_at is not None
    assert push.changed_at is not None
    return (renews_at - push.changed_at) / DAY
