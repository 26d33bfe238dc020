"""What a user may choose from, what is chosen, and the location's own settings."""

import azure.functions as func

from shared.domain.access import Right
from shared.flows.configure import configuration, configure
from shared.flows.list_calendars import list_calendars
from shared.flows.location_settings import decide_settings, location_settings
from shared.triggers import contract, shown
from shared.triggers.endpoint import Answer, Call, Endpoint, etag, register

blueprint = func.Blueprint()

_USER = "locations/{location}/users/{user}"


@register(
    blueprint,
    Endpoint(
        name="ListCalendars",
        method="GET",
        route=f"{_USER}/calendars",
        summary="All calendars of the connected accounts, live; shared ones with their owner. "
        "`unlisted` names the accounts that did not answer.",
        right=Right.OWN_OR_ADMIN,
        answers={200: contract.Calendars},
        problems=(409, 502, 503),
    ),
)
async def calendars(call: Call) -> Answer:
    listed = await list_calendars(call.location, call.user, call.ports)
    return Answer(body=shown.calendars(listed))


@register(
    blueprint,
    Endpoint(
        name="GetConfiguration",
        method="GET",
        route=f"{_USER}/configuration",
        summary="The primary and conflict calendars, and how they block time.",
        right=Right.OWN_OR_ADMIN,
        answers={200: contract.Configuration},
        versioned=True,
    ),
)
async def get_configuration(call: Call) -> Answer:
    kept = await configuration(call.location, call.user, call.ports)
    return Answer(body=shown.configuration(kept.selection), headers=etag(kept.number))


@register(
    blueprint,
    Endpoint(
        name="PutConfiguration",
        method="PUT",
        route=f"{_USER}/configuration",
        summary="Choose the primary and conflict calendars; reading begins at once.",
        right=Right.OWN_OR_ADMIN,
        body=contract.Configuration,
        answers={200: contract.Configuration},
        versioned=True,
        problems=(409, 502, 503),
    ),
)
async def put_configuration(call: Call) -> Answer:
    number = call.version()
    chosen = shown.selection(call.body(contract.Configuration))
    kept = await configure(call.caller, call.location, call.user, chosen, number, call.ports)
    return Answer(body=shown.configuration(kept.selection), headers=etag(kept.number))


@register(
    blueprint,
    Endpoint(
        name="GetLocationSettings",
        method="GET",
        route="locations/{location}/settings",
        summary="The policies of the location.",
        right=Right.ADMIN,
        answers={200: contract.LocationSettings},
        versioned=True,
    ),
)
async def get_settings(call: Call) -> Answer:
    kept = await location_settings(call.location, call.ports)
    body = contract.LocationSettings(external_changes=kept.external_changes)
    return Answer(body=body, headers=etag(kept.number))


@register(
    blueprint,
    Endpoint(
        name="PutLocationSettings",
        method="PUT",
        route="locations/{location}/settings",
        summary="Change the policies of the location.",
        right=Right.ADMIN,
        body=contract.LocationSettings,
        answers={200: contract.LocationSettings},
        versioned=True,
        problems=(409,),
    ),
)
async def put_settings(call: Call) -> Answer:
    number = call.version()
    asked = call.body(contract.LocationSettings)
    kept = await decide_settings(
        call.caller, call.location, asked.external_changes, number, call.ports
    )
    body = contract.LocationSettings(external_changes=kept.external_changes)
    return Answer(body=body, headers=etag(kept.number))
