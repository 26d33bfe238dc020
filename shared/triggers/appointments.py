"""The CRM's appointments: taken over HTTP, written to calendars from the queue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import azure.functions as func

from shared.domain.access import Right
from shared.domain.appointments import Appointment, Asked, Attendee, Content
from shared.domain.model import UserId
from shared.flows.keep_appointment import appointment, delete_appointment, keep_appointment
from shared.flows.list_appointments import list_appointments
from shared.flows.ports import Ports
from shared.flows.read_time import asked_range
from shared.flows.realign_appointments import realign_appointments
from shared.flows.write_appointment import fail_appointment, write_appointment
from shared.messages import RealignAppointments, WriteAppointment
from shared.services import ports
from shared.telemetry import alarm
from shared.triggers.appointment_contract import (
    AppointmentGiven,
    AppointmentShown,
    AppointmentsShown,
    AttendeeGiven,
    SyncShown,
    TeamCalendar,
)
from shared.triggers.contract import Range
from shared.triggers.endpoint import Answer, Call, Endpoint, register
from shared.triggers.queue_runs import run, set_aside

blueprint = func.Blueprint()

_STORAGE = "CALENDAR_STORAGE"
_ROUTE = "locations/{location}/appointments/{appointment}"

_REASONS: Mapping[str, str] = {
    "unassigned_calendar": "Only appointments of team calendars are written to a calendar.",
    "cancelled": "The appointment is cancelled; no event is left.",
    "no_primary_calendar": (
        "The user has chosen no primary calendar. It will be written when one is chosen."
    ),
    "not_connected": (
        "The user has no account connected. It will be written when there is one and a primary "
        "calendar is chosen."
    ),
    "reconnect_required": (
        "The user must sign in to the account again. It will be written after that."
    ),
    "calendar_gone": (
        "The primary calendar is not there any more. It will be written when another is chosen."
    ),
    "calendar_read_only": (
        "The account may not write to the primary calendar any more. It will be written when it "
        "may again, or when another is chosen."
    ),
    "no_mailbox": "The account has no mailbox in the cloud any more.",
    "rejected": "The calendar refuses this appointment as it is. Change it and send it again.",
    "changed_in_calendar": (
        "The user has changed the event again and again. It stays as it is in their calendar "
        "until you change the appointment."
    ),
    "provider_unavailable": "The calendar cannot be reached for a long time. We go on trying.",
}


@register(
    blueprint,
    Endpoint(
        name="PutAppointment",
        method="PUT",
        route=_ROUTE,
        summary="Keep an appointment; its event is written within seconds. Repeats are harmless.",
        right=Right.MEMBER,
        body=AppointmentGiven,
        answers={200: AppointmentShown},
        problems=(404, 409, 503),
    ),
)
async def put_appointment(call: Call) -> Answer:
    given = call.body(AppointmentGiven)
    kept = await keep_appointment(
        call.caller, call.location, _name(call), _asked(given), given.version, call.ports
    )
    return Answer(body=_shown(kept))


@register(
    blueprint,
    Endpoint(
        name="GetAppointment",
        method="GET",
        route=_ROUTE,
        summary="An appointment, and how the writing of its event stands.",
        right=Right.MEMBER,
        answers={200: AppointmentShown},
        problems=(404,),
    ),
)
async def get_appointment(call: Call) -> Answer:
    return Answer(
        body=_shown(await appointment(call.caller, call.location, _name(call), call.ports))
    )


@register(
    blueprint,
    Endpoint(
        name="DeleteAppointment",
        method="DELETE",
        route=_ROUTE,
        summary="Delete an appointment and its event; also when repeated.",
        right=Right.MEMBER,
        answers={204: None},
        problems=(503,),
    ),
)
async def remove_appointment(call: Call) -> Answer:
    await delete_appointment(call.caller, call.location, _name(call), call.ports)
    return Answer(204)


@register(
    blueprint,
    Endpoint(
        name="ListAppointments",
        method="GET",
        route="locations/{location}/users/{user}/appointments",
        summary="The appointments of a user in a stretch of time that have an event, or are to.",
        right=Right.OWN_ADMIN_OR_SERVICE,
        query=Range,
        answers={200: AppointmentsShown},
    ),
)
async def get_appointments(call: Call) -> Answer:
    asked = call.query(Range)
    found = await list_appointments(
        call.location, call.user, asked_range(asked.start, asked.end), call.ports
    )
    return Answer(body=AppointmentsShown(appointments=[_shown(one) for one in found]))


@blueprint.function_name("WriteAppointment")
@blueprint.queue_trigger("msg", WriteAppointment.queue, _STORAGE)
async def write(msg: func.QueueMessage) -> None:
    await run(WriteAppointment, msg, write_appointment, ports())


@blueprint.function_name("FailAppointment")
@blueprint.queue_trigger("msg", f"{WriteAppointment.queue}-poison", _STORAGE)
async def fail(msg: func.QueueMessage) -> None:
    await run(WriteAppointment, msg, _fail, ports())


@blueprint.function_name("RealignAppointments")
@blueprint.queue_trigger("msg", RealignAppointments.queue, _STORAGE)
async def realign(msg: func.QueueMessage) -> None:
    await run(RealignAppointments, msg, realign_appointments, ports())


@blueprint.function_name("AlarmRealignAppointments")
@blueprint.queue_trigger("msg", f"{RealignAppointments.queue}-poison", _STORAGE)
async def alarm_realign(msg: func.QueueMessage) -> None:
    await set_aside(RealignAppointments, msg, ports())


async def _fail(message: WriteAppointment, with_: Ports) -> Any:
    alarm("appointment_failed", location=message.location, appointment=message.appointment)
    return await fail_appointment(message, with_)


def _name(call: Call) -> str:
    return str(call.request.route_params["appointment"])


def _asked(given: AppointmentGiven) -> Asked:
    attendees = tuple(Attendee(one.email, one.name or "") for one in given.attendees)
    content = Content(
        title=given.title,
        start=given.start,
        end=given.end,
        zone=given.time_zone,
        description=given.description,
        place=given.location,
        attendees=attendees,
        invite=given.invite_attendees,
        online_meeting=given.online_meeting,
    )
    return Asked(
        user=UserId(given.user_id),
        team=given.calendar.kind == "team",
        team_calendar=given.calendar.id,
        content=content,
        cancelled=given.status == "cancelled",
    )


def _shown(kept: Appointment) -> AppointmentShown:
    content = kept.content
    return AppointmentShown(
        id=kept.id,
        user_id=kept.user,
        calendar=TeamCalendar(id=kept.team_calendar, kind="team" if kept.team else "unassigned"),
        title=content.title,
        start=_local(content.start, content.zone),
        end=_local(content.end, content.zone),
        time_zone=content.zone,
        description=content.description,
        location=content.place,
        attendees=[
            AttendeeGiven(email=one.email, name=one.name or None) for one in content.attendees
        ],
        invite_attendees=content.invite,
        online_meeting=content.online_meeting,
        status="cancelled" if kept.cancelled else "confirmed",
        version=kept.version,
        sync=_sync(kept),
    )


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def _sync(kept: Appointment) -> SyncShown:
    code, placed = kept.sync.code, kept.placed
    return SyncShown(
        state=kept.sync.state.value,
        code=code,
        reason=_REASONS.get(code) if code else None,
        event_url=placed.web_link if placed else None,
        meeting_url=placed.meeting_link if placed else None,
    )
