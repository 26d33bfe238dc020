"""Fills a new world with the Google accounts and the few events of seed.json."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.google.account import Account
from sandbox.google.calendars.calendar import Calendar

if TYPE_CHECKING:
    from sandbox.google.service import Google

_SEED = Path(__file__).with_name("seed.json")
_PLACING = ("owner", "calendar", "day", "start", "end")


def seed(google: Google) -> None:
    """Add the seeded accounts, calendars, shares and events."""
    given = json.loads(_SEED.read_text(encoding="utf-8"))
    for account in given["accounts"]:
        add_google_user(google, account)
    for calendar in given["calendars"]:
        _add_calendar(google, calendar)
    _add_holidays(google, given["holidays"])
    for event in given["events"]:
        _add_event(google, event)


def add_google_user(google: Google, given: dict[str, Any]) -> Account:
    """Add an account: `address`, optional `name`, `timeZone`, `hd`, `sub`, `calendar`."""
    return google.add_account(
        given["address"],
        given.get("name", ""),
        given.get("timeZone", "UTC"),
        hd=given.get("hd"),
        sub=given.get("sub"),
        has_calendar=bool(given.get("calendar", True)),
    )


def _add_calendar(google: Google, given: dict[str, Any]) -> None:
    owner = google.account(given["owner"])
    made = owner.create_calendar(given["name"])
    for address, role in given.get("shares", {}).items():
        owner.share(made.id, google.account(address), role)


def _add_holidays(google: Google, given: dict[str, Any]) -> None:
    """A public calendar that cannot be watched (compass-calendar pull request 2111)."""
    nobody = Account("holidays@group.v.calendar.google.com", "", given["timeZone"], google.clock)
    made = Calendar(given["id"], given["name"], given["timeZone"], nobody, push=False)
    made.public_role = "reader"
    for address in given["listedBy"]:
        google.account(address).list_calendar(made)


def _add_event(google: Google, given: dict[str, Any]) -> None:
    account = google.account(given["owner"])
    zone = ZoneInfo(account.time_zone)
    day = google.clock().astimezone(zone).date() + timedelta(days=given["day"])
    fields = {name: value for name, value in given.items() if name not in _PLACING}
    if "start" in given:
        begins, ends = (time.fromisoformat(given[name]) for name in ("start", "end"))
        fields["start"] = datetime.combine(day, begins, zone)
        fields["end"] = datetime.combine(day, ends, zone)
    else:
        fields["start"], fields["end"] = day, day + timedelta(days=1)
    account.create_event(calendar=given.get("calendar"), **fields)
