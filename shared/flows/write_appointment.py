"""Bringing the event of an appointment in step with it: exactly one, whatever happens.

One writer at a time: it claims the appointment and, in the same write, keeps what it is about to
make. Whatever answer is lost after that, the next writer finds out by the event's transaction.
"""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta

from shared.domain.appointments import Appointment, SyncState
from shared.domain.changes import appointment_changed
from shared.domain.model import LocationId
from shared.domain.placing import GIVEN_UP, at_target, in_step, intended, own_event, rebound
from shared.domain.records import KeptAppointment, Writer
from shared.errors import AppointmentBusy, ProviderSilent, ProviderTimedOut, StoreConflict
from shared.flows.event_writing import EventWriting
from shared.flows.member_calendars import MemberCalendars
from shared.flows.ports import Ports
from shared.flows.writing_outcome import Outcome
from shared.messages import PublishChanges, WriteAppointment, WriteCause

WRITER_LASTS = timedelta(minutes=2)
AGAIN_AFTER = timedelta(hours=1)
_WORK_SECONDS = 60.0  # well within a writer's time: what was sent has then arrived, or never will
_ATTEMPTS = 8
_SLACK = timedelta(minutes=1)


async def write_appointment(message: WriteAppointment, ports: Ports) -> str:
    """Returns what was done, for the log. Harmless to repeat and to run beside itself.

    Raises AppointmentBusy while another writes it, StoreConflict when it was changed at the same
    moment, and what may heal by waiting; then all that was done so far is kept.
    """
    location, name = LocationId(message.location), message.appointment
    kept = await ports.appointments.load(location, name)
    if kept is None:
        return "unknown"
    if kept.unsent:
        await _publish(kept.appointment, ports)
    if _too_early(kept, message, ports):
        return "not_due"
    calendars = await MemberCalendars.of(kept.appointment, ports)
    kept = replace(kept, appointment=rebound(kept.appointment, calendars.rebound))
    goal = calendars.target(kept.appointment, ports.clock())
    if message.cause is not WriteCause.OUTSIDE and in_step(kept.appointment, goal):
        return "in_step"
    given_up = kept.appointment.sync == GIVEN_UP
    fresh = goal.calendar is not None and at_target(kept.appointment, goal) is None
    if given_up and message.cause is WriteCause.OUTSIDE and not own_event(kept.appointment):
        return "given_up"
    wanted = intended(kept.appointment, goal)
    kept = await _claimed(replace(kept, appointment=wanted), ports)
    writing = EventWriting(
        wanted,
        calendars,
        goal,
        message.cause,
        ports,
        fresh=fresh,
        missing=message.missing,
        given_up=given_up and message.cause is WriteCause.OUTSIDE,
    )
    try:
        async with asyncio.timeout(_WORK_SECONDS):
            await writing.run()
    except TimeoutError:
        writing.outcome.note(ProviderTimedOut("Writing took too long."))
    return await _finished(kept, writing.outcome, message, ports)


async def _finished(
    claimed: KeptAppointment, outcome: Outcome, message: WriteAppointment, ports: Ports
) -> str:
    after = await _kept(claimed, outcome, ports)
    if after.unsent:
        await _publish(after.appointment, ports)
    if outcome.error is not None:
        raise outcome.error
    if outcome.restart:
        anew = message.model_copy(
            update={"cause": WriteCause.ASKED, "missing": False, "attempt": 0}
        )
        await ports.queues.send(anew)
    return after.appointment.sync.state.value


async def fail_appointment(message: WriteAppointment, ports: Ports) -> bool:
    """Shows that the writing fails; it is tried again every hour. Raises StoreConflict."""
    kept = await ports.appointments.load(LocationId(message.location), message.appointment)
    if kept is None:
        return False
    appointment = kept.appointment
    if appointment.sync.state is SyncState.PENDING:
        outcome = Outcome(appointment, failed="provider_unavailable")
        await ports.appointments.keep(_with_outcome(kept, outcome, ports))
        await _publish(appointment, ports)
    again = message.model_copy(update={"attempt": 0, "cause": WriteCause.AGAIN})
    await ports.queues.send(again, AGAIN_AFTER.total_seconds())
    return True


def _too_early(kept: KeptAppointment, message: WriteAppointment, ports: Ports) -> bool:
    """One message alone keeps trying: another that comes before its time has been replaced."""
    due = kept.again_at
    early = due is not None and due > ports.clock() + _SLACK
    return message.cause is WriteCause.AGAIN and early


async def _claimed(kept: KeptAppointment, ports: Ports) -> KeptAppointment:
    now = ports.clock()
    if kept.writer is not None and kept.writer.until > now:
        raise AppointmentBusy("Somebody else writes this appointment.")
    writer = Writer(secrets.token_hex(8), now + WRITER_LASTS)
    return await ports.appointments.keep(replace(kept, writer=writer))


async def _kept(claimed: KeptAppointment, outcome: Outcome, ports: Ports) -> KeptAppointment:
    """Keeps what was done, also on top of a request that has come meanwhile."""
    newest: KeptAppointment | None = claimed
    for _ in range(_ATTEMPTS):
        if newest is None or newest.writer != claimed.writer:
            raise StoreConflict
        asked_anew = newest.appointment.revision != claimed.appointment.revision
        after = (
            _with_facts(newest, outcome) if asked_anew else _with_outcome(newest, outcome, ports)
        )
        if after.again_at != newest.again_at:
            await _again(after.appointment, ports)
        try:
            return await ports.appointments.keep(replace(after, writer=_writer(after, outcome)))
        except StoreConflict:
            newest = await ports.appointments.load(
                claimed.appointment.location, claimed.appointment.id
            )
    raise StoreConflict


def _writer(kept: KeptAppointment, outcome: Outcome) -> Writer | None:
    """Who wrote stays the writer where a request may yet arrive that nobody has answered."""
    return kept.writer if isinstance(outcome.error, ProviderSilent) else None


def _with_facts(kept: KeptAppointment, outcome: Outcome) -> KeptAppointment:
    """The newer request stays as it is, and pending; the events are as they are."""
    facts = outcome.facts
    appointment = replace(
        kept.appointment, placements=facts.placements, generation=facts.generation
    )
    return replace(kept, appointment=appointment)


def _with_outcome(kept: KeptAppointment, outcome: Outcome, ports: Ports) -> KeptAppointment:
    now = ports.clock()
    done = replace(outcome.appointment, sync=outcome.sync())
    unsent = kept.unsent
    if _news(kept.appointment, done):
        unsent = (*unsent, appointment_changed(done, now))
    again_at = kept.again_at
    due = again_at is None or again_at <= now + _SLACK
    if outcome.again and due and done.content.end > now:
        again_at = now + AGAIN_AFTER
    return replace(kept, appointment=done, unsent=unsent, again_at=again_at)


def _news(before: Appointment, after: Appointment) -> bool:
    """The CRM is told what came from outside, that the writing fails, and that it works again."""
    failures = SyncState.FAILED in {before.sync.state, after.sync.state}
    failed = failures and after.sync != before.sync
    return failed or after.revision != before.revision


async def _again(appointment: Appointment, ports: Ports) -> None:
    message = WriteAppointment(
        location=appointment.location, appointment=appointment.id, cause=WriteCause.AGAIN
    )
    await ports.queues.send(message, AGAIN_AFTER.total_seconds())


async def _publish(appointment: Appointment, ports: Ports) -> None:
    await ports.queues.send(
        PublishChanges(location=appointment.location, appointment=appointment.id)
    )
