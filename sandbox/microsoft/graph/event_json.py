"""From an instance to the JSON Graph answers with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import quote

from sandbox.microsoft.mailbox import Attendee, CalendarEntry, Details, Event, Instance
from sandbox.microsoft.mailbox.lookup import instance_id
from sandbox.microsoft.mailbox.recurrence_json import recurrence_to_json
from sandbox.microsoft.mailbox.times import real_instant
from sandbox.microsoft.mailbox.zones import CUSTOM_ZONE, windows_name

from .event_times import NEVER, short_stamp, stamp, write_time
from .prefer import Prefer
from .privacy import visible_details
from .texts import as_text, preview

TYPE = "#microsoft.graph.event"


def event_json(entry: CalendarEntry, instance: Instance, prefer: Prefer) -> dict[str, Any]:
    """Write the full event as this mailbox may see it."""
    event = instance.event
    details = visible_details(entry, instance)
    item_id = instance_id(entry, instance, immutable=prefer.immutable_ids)
    body: dict[str, Any] = {
        "@odata.etag": event.etag,
        "id": item_id,
        "createdDateTime": stamp(event.created),
        "lastModifiedDateTime": stamp(event.modified),
        "changeKey": event.change_key,
        "categories": list(details.categories),
    }
    if event.transaction_id and entry.is_own:
        body["transactionId"] = event.transaction_id
    body |= {
        "originalStartTimeZone": _zone_label(event, event.start_zone),
        "originalEndTimeZone": _zone_label(event, event.end_zone),
        "iCalUId": _ical_uid(instance),
        "type": instance.type,
        "isAllDay": instance.is_all_day,
        "isOrganizer": event.is_organizer,
        "hasAttachments": False,
        "webLink": _web_link(entry, item_id),
        "start": write_time(instance.start, instance.is_all_day, prefer),
        "end": write_time(instance.end, instance.is_all_day, prefer),
        "recurrence": _recurrence(instance),
        "organizer": {
            "emailAddress": {"name": event.organizer.name, "address": event.organizer.address}
        },
        **_series_part(entry, instance, prefer),
        **_details_json(details, prefer),
    }
    return body


def occurrence_json(entry: CalendarEntry, instance: Instance, prefer: Prefer) -> dict[str, Any]:
    """Write the seven properties delta gives of an occurrence (Graph issues #1716, #7632)."""
    return {
        "@odata.type": TYPE,
        "@odata.etag": instance.event.etag,
        "id": instance_id(entry, instance, immutable=prefer.immutable_ids),
        "seriesMasterId": _master_id(entry, instance, prefer),
        "type": instance.type,
        "start": write_time(instance.start, instance.is_all_day, prefer),
        "end": write_time(instance.end, instance.is_all_day, prefer),
    }


def _master_id(entry: CalendarEntry, instance: Instance, prefer: Prefer) -> str | None:
    if instance.original is None:
        return None
    return instance_id(entry, instance.event.own(), immutable=prefer.immutable_ids)


def _series_part(entry: CalendarEntry, instance: Instance, prefer: Prefer) -> dict[str, Any]:
    part: dict[str, Any] = {"seriesMasterId": _master_id(entry, instance, prefer)}
    if instance.original is not None:
        event = instance.event
        first = real_instant(instance.original, event.is_all_day, event.calendar.owner.zone)
        part["originalStart"] = short_stamp(first)
    return part


def _recurrence(instance: Instance) -> dict[str, Any] | None:
    rule = instance.event.recurrence
    if rule is None or instance.type != "seriesMaster":
        return None
    return recurrence_to_json(rule)


def _details_json(details: Details, prefer: Prefer) -> dict[str, Any]:
    content = as_text(details.body) if prefer.text_body else details.body
    return {
        "subject": details.subject,
        "body": {"contentType": "text" if prefer.text_body else "html", "content": content},
        "bodyPreview": preview(details.body),
        "importance": details.importance,
        "sensitivity": details.sensitivity,
        "showAs": details.show_as,
        "isCancelled": details.is_cancelled,
        "isDraft": details.is_draft,
        "isReminderOn": details.is_reminder_on,
        "reminderMinutesBeforeStart": details.reminder_minutes,
        "responseRequested": details.response_requested,
        "allowNewTimeProposals": details.allow_new_time_proposals,
        "hideAttendees": details.hide_attendees,
        "responseStatus": {
            "response": details.response,
            "time": short_stamp(details.responded_at),
        },
        "location": _location(details.location),
        "locations": [
            _location(place) for place in details.locations or _one_place(details.location)
        ],
        "attendees": [_attendee(person) for person in details.attendees],
        "isOnlineMeeting": details.is_online_meeting,
        "onlineMeetingProvider": details.online_meeting_provider,
        "onlineMeetingUrl": None,
        "onlineMeeting": {"joinUrl": details.join_url} if details.is_online_meeting else None,
    }


def _one_place(location: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return (location,) if location.get("displayName") else ()


def _location(place: Mapping[str, Any]) -> dict[str, Any]:
    name = str(place.get("displayName") or "")
    body: dict[str, Any] = {"displayName": name, "locationType": "default"}
    if name:
        body |= {"uniqueId": name, "uniqueIdType": "private"}
    else:
        body["uniqueIdType"] = "unknown"
    return {**body, **{key: value for key, value in place.items() if key != "displayName"}}


def _attendee(person: Attendee) -> dict[str, Any]:
    time = NEVER if person.responded_at is None else short_stamp(person.responded_at)
    return {
        "type": person.type,
        "status": {"response": person.response, "time": time},
        "emailAddress": {"name": person.name or person.address, "address": person.address},
    }


def _zone_label(event: Event, name: str) -> str:
    return CUSTOM_ZONE if event.custom_zone else windows_name(name)


def _ical_uid(instance: Instance) -> str:
    """Give the cross-calendar id; an occurrence's holds its date (Graph docs: it differs)."""
    event = instance.event
    if event.ical_uid:
        return event.ical_uid
    day = "00000000"
    if instance.original is not None:
        first = instance.original.astimezone(UTC)
        day = f"{first.year:04X}{first.month:02X}{first.day:02X}"
    return f"040000008200E00074C5B7101A82E008{day}{event.key.hex().upper()}"


def _web_link(entry: CalendarEntry, item_id: str) -> str:
    host = "outlook.live.com" if entry.viewer.personal else "outlook.office365.com"
    return f"https://{host}/owa/?itemid={quote(item_id, safe='')}&exvsurl=1&path=/calendar/item"
