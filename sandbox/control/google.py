"""Google accounts: who there is, their calendars, tokens, quotas."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, ControlError, change, control, show
from sandbox.google.account import Account
from sandbox.google.calendars.calendar import ROLES, CalendarEntry
from sandbox.google.errors import ApiError
from sandbox.seeding import add_google_user

ACCOUNT = "/google/accounts/{address}"
_CALENDARS = ACCOUNT + "/calendars"
_CALENDAR = _CALENDARS + "/{calendar}"


def routes() -> list[Route]:
    """The routes of this part. `{calendar}` is an id or a title."""
    return [
        google("GET", "/google/accounts", accounts),
        google("POST", "/google/accounts", new_account),
        google("PATCH", ACCOUNT, change_account),
        google("GET", "/google/registration", registration),
        google("PATCH", "/google/registration", change_registration),
        google("POST", "/google/gentle", gentle),
        google("GET", "/google/limits", limits),
        google("PATCH", "/google/limits", change_limits),
        google("DELETE", "/google/limits", clear_maxima),
        google("GET", _CALENDARS, calendars),
        google("POST", _CALENDARS, create_calendar),
        google("PATCH", _CALENDAR, change_calendar),
        google("DELETE", _CALENDAR, delete_calendar),
        google("POST", _CALENDAR + "/share", share),
        google("GET", ACCOUNT + "/faults", faults),
        google("PATCH", ACCOUNT + "/faults", change_faults),
        google("POST", ACCOUNT + "/expire-sync-tokens", expire_sync_tokens),
    ]


def google(method: str, path: str, handler: Callable[[Call], Awaitable[Any]]) -> Route:
    """A control route whose refusals by the calendar come as control errors."""

    async def guarded(call: Call) -> Any:
        try:
            return await handler(call)
        except ApiError as wrong:
            raise ControlError(wrong.status, f"{wrong.reason}: {wrong.message}") from None

    return control(method, path, guarded)


def account_of(call: Call) -> Account:
    """The account the path names."""
    return call.world.google.account(call.path("address"))


async def accounts(call: Call) -> Any:
    """Everybody there is."""
    return {"value": [_account(one) for one in call.world.google.accounts]}


async def new_account(call: Call) -> Any:
    """Add an account and its empty primary calendar."""
    call.need("address")
    return _account(add_google_user(call.world, call.body))


async def change_account(call: Call) -> Any:
    """Change `enabled` or `name` of an account."""
    account = account_of(call)
    account.enabled = bool(call.body.get("enabled", account.enabled))
    account.name = str(call.body.get("name", account.name))
    return _account(account)


async def registration(call: Call) -> Any:
    """The OAuth client."""
    return show(call.world.google.registration)


async def change_registration(call: Call) -> Any:
    """Change the OAuth client."""
    body = dict(call.body)
    uris = body.pop("redirectUris", None)
    if uris is not None:
        call.world.google.registration.redirect_uris = {str(uri) for uri in uris}
    return change(call.world.google.registration, body)


async def gentle(call: Call) -> Any:
    """No short or empty pages, each message once."""
    call.world.google.be_gentle()
    return {"hostile": False}


async def limits(call: Call) -> Any:
    """Settings, and per account the requests in flight, their maximum, and how many refused."""
    found = call.world.google.limits
    return {
        "settings": show(found.settings),
        "accounts": {
            address: {
                "inFlight": found.in_flight[address],
                "maximum": found.maximum[address],
                "refused": found.refused[address],
            }
            for address in sorted(found.maximum)
        },
    }


async def change_limits(call: Call) -> Any:
    """Change quotas or the artificial latency."""
    return change(call.world.google.limits.settings, call.body)


async def clear_maxima(call: Call) -> Any:
    """Measure anew."""
    call.world.google.limits.clear_maxima()
    return {"accounts": {}}


async def calendars(call: Call) -> Any:
    """The calendar list."""
    return {"value": [_entry(entry) for entry in account_of(call).calendars()]}


async def create_calendar(call: Call) -> Any:
    """Make a secondary calendar called `name`."""
    account, zone = account_of(call), call.body.get("timeZone")
    made = account.create_calendar(str(call.need("name")), time_zone=zone)
    return _entry(account.entry(made.id))


async def change_calendar(call: Call) -> Any:
    """Change `name`, `readOnly` or `hidden`."""
    account, wanted = account_of(call), call.path("calendar")
    found = account.entry(wanted).id
    if "name" in call.body:
        account.rename_calendar(found, str(call.body["name"]))
    if "readOnly" in call.body:
        account.set_read_only(found, bool(call.body["readOnly"]))
    if "hidden" in call.body:
        account.hide_calendar(found, bool(call.body["hidden"]))
    return _entry(account.entry(found))


async def delete_calendar(call: Call) -> Any:
    """Delete an own calendar or take a shared one off the list."""
    account_of(call).delete_calendar(call.path("calendar"))
    return {"deleted": call.path("calendar")}


async def share(call: Call) -> Any:
    """Share with the account `with` in a `role`; role "none" takes the share back."""
    account, other = account_of(call), call.world.google.account(str(call.need("with")))
    wanted, role = call.path("calendar"), call.body.get("role", "reader")
    if role == "none":
        account.unshare(wanted, other)
        return {"shared": False}
    known = [name for name in ROLES if name == role]
    if not known:
        raise ControlError(400, f"role must be one of {ROLES}")
    account.share(wanted, other, known[0], listed=bool(call.body.get("listed", True)))
    return {"shared": True}


async def faults(call: Call) -> Any:
    """How lists are told to the account, and what goes wrong with its events."""
    return show(account_of(call).faults)


async def change_faults(call: Call) -> Any:
    """Change that."""
    return change(account_of(call).faults, call.body)


async def expire_sync_tokens(call: Call) -> Any:
    """Make sync tokens invalid: of `calendar`, or all of the account."""
    account_of(call).expire_sync_tokens(call.body.get("calendar"))
    return {"expired": True}


def _account(account: Account) -> dict[str, Any]:
    return {
        "address": account.address,
        "name": account.name,
        "sub": account.sub,
        "hd": account.hd,
        "timeZone": account.time_zone,
        "calendar": account.has_calendar,
        "enabled": account.enabled,
    }


def _entry(entry: CalendarEntry) -> dict[str, Any]:
    live = [event for event in entry.calendar.events.values() if not event.cancelled]
    return entry.as_json() | {"owner": entry.calendar.owner.address, "events": len(live)}
