"""The meeting side of an event: who may answer or cancel, and the mails that go out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .changes import SentMail
from .details import EventFields
from .errors import InvalidRequestError
from .event import Event, Instance

if TYPE_CHECKING:
    from .mailbox import Mailbox

_SHOWN = {"accepted": "busy", "tentativelyAccepted": "tentative", "declined": "free"}


def check_organizer(event: Event) -> None:
    """Refuse a cancellation by an attendee (Graph docs, event cancel)."""
    if not event.is_organizer:
        raise InvalidRequestError("You need to be an organizer to cancel a meeting.")


def check_respondent(event: Event) -> None:
    """Refuse an answer by the organizer."""
    if event.is_organizer:
        raise InvalidRequestError(
            "You can't respond to this meeting because you're the meeting organizer."
        )


def after_response(response: str, now: datetime) -> EventFields:
    """Give the fields an answer sets."""
    if response not in _SHOWN:
        raise InvalidRequestError(f"'{response}' is not a response.")
    return {"response": response, "responded_at": now, "show_as": _SHOWN[response]}


def mail_about(
    mailbox: Mailbox,
    kind: Literal["invitation", "update", "cancellation", "response"],
    instance: Instance,
) -> None:
    """Put down the mail Exchange sends; with attendees there is no way not to (Graph docs)."""
    event = instance.event
    if kind == "response":
        to: tuple[str, ...] = (event.organizer.address,)
    elif event.is_organizer:
        to = tuple(attendee.address for attendee in instance.details.attendees)
    else:
        to = ()
    if to:
        mailbox.outbox.append(SentMail(kind, instance.details.subject, to, mailbox.clock()))
