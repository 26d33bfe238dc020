"""Fills a new world with the people and the few events of seed/people.json."""

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.google import seeding as google_seeding
from sandbox.google.account import Account
from sandbox.microsoft.directory import PERSONAL_TENANT, Tenant, User, object_id, tenant_id
from sandbox.microsoft.mailbox.details import EventFields

if TYPE_CHECKING:
    from sandbox.world import World

_PEOPLE = Path(__file__).with_name("seed") / "people.json"


def seed(world: "World") -> None:
    """Add the seeded tenants, users, calendars, shares and events."""
    given = json.loads(_PEOPLE.read_text(encoding="utf-8"))
    for tenant in given["tenants"]:
        add_tenant(world, tenant)
    for user in given["users"]:
        add_user(world, user)
    for calendar in given["calendars"]:
        _add_calendar(world, calendar)
    for event in given["events"]:
        _add_event(world, event)
    google_seeding.seed(world.google)


def add_google_user(world: "World", given: dict[str, Any]) -> Account:
    """Add a Google account: `address`, optional `name`, `timeZone`, `hd` (its Workspace domain),
    `sub`, `calendar` (False: it never signed up for Google Calendar)."""
    return google_seeding.add_google_user(world.google, given)


def add_tenant(world: "World", given: dict[str, Any]) -> Tenant:
    """Add a tenant: `domain`, optional `name`, `id`, `userConsent`."""
    domain = given["domain"]
    return world.directory.add_tenant(
        Tenant(
            id=given.get("id") or tenant_id(domain),
            name=given.get("name", domain),
            domain=domain,
            user_consent=given.get("userConsent", True),
        )
    )


def add_user(world: "World", given: dict[str, Any]) -> User:
    """Add an account: `address`, optional `name`, `kind`, `tenant`, `timeZone`, `mailbox`,
    `objectId`, `mail`, `noMailboxCode`. A guest's home account must exist already."""
    address, kind = given["address"], given.get("kind", "work")
    home = world.directory.user(address) if kind == "guest" else None
    default_tenant = PERSONAL_TENANT if kind == "personal" else address.partition("@")[2]
    tenant = world.directory.tenant(given.get("tenant") or default_tenant)
    seed_text = f"{address} in {tenant.id}" if home else address
    return world.add_user(
        User(
            object_id=given.get("objectId") or object_id(seed_text, kind == "personal"),
            tenant=tenant,
            display_name=given.get("name", address),
            user_principal_name=address,
            mail=given.get("mail", address),
            kind=kind,
            time_zone=given.get("timeZone", "UTC"),
            has_mailbox=given.get("mailbox", True) and home is None,
            no_mailbox_code=given.get("noMailboxCode", "MailboxNotEnabledForRESTAPI"),
            home=home,
        )
    )


def _add_calendar(world: "World", given: dict[str, Any]) -> None:
    owner = world.mailbox(given["owner"])
    made = owner.create_calendar(given["name"])
    for address, role in given.get("shares", {}).items():
        owner.share(made.id, world.mailbox(address), role)


def _add_event(world: "World", given: dict[str, Any]) -> None:
    mailbox = world.mailbox(given["owner"])
    zone = ZoneInfo(mailbox.time_zone)
    day = world.clock().astimezone(zone).date() + timedelta(days=given["day"])
    all_day = given.get("allDay", False)
    begins = time.min if all_day else time.fromisoformat(given["start"])
    ends = time.min if all_day else time.fromisoformat(given["end"])
    last_day = day + timedelta(days=1) if all_day else day
    fields: EventFields = {
        "subject": given["subject"],
        "start": datetime.combine(day, begins, zone),
        "end": datetime.combine(last_day, ends, zone),
        "is_all_day": all_day,
        "show_as": given.get("showAs", "busy"),
        "sensitivity": given.get("sensitivity", "normal"),
    }
    if given.get("weekly"):
        fields["recurrence"] = _weekly(fields["start"], mailbox.time_zone)
    calendars = mailbox.calendars()
    named = [c.id for c in calendars if c.is_own and c.calendar.name == given.get("calendar")]
    mailbox.create_event(calendar_id=named[0] if named else None, **fields)


def _weekly(start: datetime, zone: str) -> dict[str, Any]:
    return {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [start.strftime("%A").lower()],
            "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "noEnd",
            "startDate": start.date().isoformat(),
            "recurrenceTimeZone": zone,
        },
    }
