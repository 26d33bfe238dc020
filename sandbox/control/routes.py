"""All control routes. The table of them is in sandbox/README.md."""

from starlette.routing import Route

from sandbox.control import (
    calendars,
    crm,
    mailboxes,
    notifications,
    observation,
    people,
    sign_in,
)


def routes() -> list[Route]:
    """Every route under /sandbox."""
    return [
        *people.routes(),
        *sign_in.routes(),
        *calendars.routes(),
        *mailboxes.routes(),
        *observation.routes(),
        *notifications.routes(),
        *crm.routes(),
    ]
