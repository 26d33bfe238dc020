"""All control routes. The table of them is in sandbox/README.md."""

from starlette.routing import Route

from sandbox.control import (
    calendars,
    crm,
    google,
    google_channels,
    google_events,
    google_sign_in,
    mailboxes,
    notifications,
    observation,
    people,
    sign_in,
    versions,
)


def routes() -> list[Route]:
    """Every route under /sandbox."""
    return [
        *people.routes(),
        *google_sign_in.routes(),
        *sign_in.routes(),
        *calendars.routes(),
        *mailboxes.routes(),
        *observation.routes(),
        *notifications.routes(),
        *crm.routes(),
        *google.routes(),
        *google_events.routes(),
        *google_channels.routes(),
        *versions.routes(),
    ]
