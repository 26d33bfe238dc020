"""The meeting side of an event: who may answer or cancel, and the mails that go out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .changes import MailKind, SentMail
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
    mailbox: Mailbox, kind: Literal["invitation", "cancellation", "response"], instance: Instance
) -> None:
    """Put down the mail Exchange sends; with attendees there is no way not to (Graph docs)."""
    to = (instance.event.organizer.address,) if kind == "response" else _guests(instance)
    _send(mailbox, kind, instance, to)


def mail_about_change(
    mailbox: Mailbox, before: Instance, after: Instance, changed: Iterable[str]
) -> None:
    """Put down the mails about a change: who comes or goes hears of that, the others of the rest.

    Graph docs, event update: a change of the attendees alone is told to those it is about alone.
    """
    old, new = _guests(before), _guests(after)
    _send(mailbox, "cancellation", after, tuple(one for one in old if one not in new))
    _send(mailbox, "invitation", after, tuple(one for one in new if one not in old))
    if set(changed) - {"attendees"}:
        _send(mailbox, "update", after, tuple(one for one in new if one in old))


def _guests(instance: Instance) -> tuple[str, ...]:
    """Name whom the organizer's mailbox writes to; an attendee's own copy writes to nobody."""
    if not instance.event.is_organizer:
        return ()
    return tuple(attendee.address for attendee in instance.details.attendees)


def _send(mailbox: Mailbox, kind: MailKind, instance: Instance, to: tuple[str, ...]) -> None:
    if to:
        mailbox.outbox.append(SentMail(kind, instance.details.subject, to, mailbox.clock()))
