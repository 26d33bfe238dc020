"""People, tenants, the app registration, the clock."""

from datetime import timedelta
from typing import Any

from starlette.routing import Route

from sandbox.control.endpoint import Call, change, control, show
from sandbox.microsoft.directory import Tenant, User
from sandbox.seeding import add_tenant, add_user


def routes() -> list[Route]:
    """The routes of this part."""
    return [
        control("GET", "/people", people),
        control("POST", "/tenants", new_tenant),
        control("PATCH", "/tenants/{name}", change_tenant),
        control("POST", "/users", new_user),
        control("PATCH", "/users/{address}", change_user),
        control("GET", "/registration", registration),
        control("PATCH", "/registration", change_registration),
        control("POST", "/reset", reset),
        control("POST", "/clock", clock),
    ]


async def people(call: Call) -> Any:
    """Everybody there is."""
    directory = call.world.directory
    return {
        "tenants": [_tenant(tenant) for tenant in directory.tenants],
        "users": [_user(call, user) for user in directory.users],
    }


async def new_tenant(call: Call) -> Any:
    """Add a tenant."""
    call.need("domain")
    return _tenant(add_tenant(call.world, call.body))


async def change_tenant(call: Call) -> Any:
    """Change `userConsent` or `adminConsented` of a tenant."""
    tenant = call.world.directory.tenant(call.path("name"))
    tenant.user_consent = bool(call.body.get("userConsent", tenant.user_consent))
    tenant.admin_consented = set(call.body.get("adminConsented", tenant.admin_consented))
    return _tenant(tenant)


async def new_user(call: Call) -> Any:
    """Add an account and its empty mailbox."""
    call.need("address")
    return _user(call, add_user(call.world, call.body))


async def change_user(call: Call) -> Any:
    """Change `enabled`, `name`, `mail` or `noMailboxCode` of an account."""
    user = call.world.directory.user(call.path("address"))
    user.enabled = bool(call.body.get("enabled", user.enabled))
    user.display_name = call.body.get("name", user.display_name)
    user.mail = call.body.get("mail", user.mail)
    user.no_mailbox_code = call.body.get("noMailboxCode", user.no_mailbox_code)
    return _user(call, user)


async def registration(call: Call) -> Any:
    """The app registration."""
    return show(call.world.registration)


async def change_registration(call: Call) -> Any:
    """Change the app registration."""
    body = dict(call.body)
    uris = body.pop("redirectUris", None)
    if uris is not None:
        call.world.registration.redirect_uris = {str(uri) for uri in uris}
    return change(call.world.registration, body)


async def reset(call: Call) -> Any:
    """Back to the seeded state."""
    call.world.reset()
    return {"reset": True}


async def clock(call: Call) -> Any:
    """Move the clock forward by `advanceSeconds`."""
    call.world.clock.advance(timedelta(seconds=float(call.body.get("advanceSeconds", 0))))
    return {"now": call.world.clock().isoformat()}


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "domain": tenant.domain,
        "name": tenant.name,
        "userConsent": tenant.user_consent,
        "adminConsented": sorted(tenant.admin_consented),
    }


def _user(call: Call, user: User) -> dict[str, Any]:
    return {
        "address": user.address,
        "name": user.display_name,
        "kind": user.kind,
        "tenant": user.tenant.domain,
        "tenantId": user.tenant.id,
        "objectId": user.object_id,
        "id": user.id,
        "mailbox": call.world.mailbox_of(user) is not None,
        "timeZone": user.time_zone,
        "enabled": user.enabled,
    }
