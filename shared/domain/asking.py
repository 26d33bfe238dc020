"""What a request of the CRM makes of an appointment; harmless when late or repeated."""

from dataclasses import replace
from enum import StrEnum

from shared.domain.appointments import (
    CANCELLED,
    PENDING,
    UNASSIGNED,
    Appointment,
    Asked,
    Content,
    Sync,
)
from shared.domain.model import LocationId


class Late(StrEnum):
    """Why a request is refused: the CRM has asked for something newer already."""

    OLDER_VERSION = "older_version"
    VERSION_REUSED = "version_reused"


def asked_for(
    kept: Appointment | None, location: LocationId, name: str, asked: Asked, version: int | None
) -> Appointment | Late:
    """The appointment as it is to be; the same object where the request is a repeat.

    A repeat changes nothing, also where the calendar's owner has changed the appointment since; a
    newer version of the same content does: the CRM then has had its say after that.
    """
    if kept is None:
        return _settled(_new(location, name, asked, version))
    late = _late(kept, asked, version)
    if late is not None:
        return late
    newer = version is not None and version != kept.version
    if not newer and asked == kept.asked:
        return kept
    if newer and asked == kept.asked and _says(kept, asked):
        return replace(kept, version=version)
    return _settled(
        replace(
            kept,
            user=asked.user,
            team=asked.team,
            team_calendar=asked.team_calendar,
            content=asked.content,
            cancelled=asked.cancelled,
            deleted=False,
            version=kept.version if version is None else version,
            asked=asked,
            revision=kept.revision + 1,
            restores=0,
        )
    )


def deleted(kept: Appointment) -> Appointment:
    """The appointment once the CRM has deleted it: nothing of what it said is kept."""
    if kept.deleted:
        return kept
    said = kept.content
    return _settled(
        replace(
            kept,
            content=Content("", said.start, said.end, said.zone),
            placements=tuple(replace(one, written=None) for one in kept.placements),
            cancelled=True,
            deleted=True,
            asked=None,
            revision=kept.revision + 1,
        )
    )


def resting(appointment: Appointment) -> Sync:
    """How the writing stands where no event is wanted, and none is left."""
    return CANCELLED if appointment.cancelled else UNASSIGNED


def _says(kept: Appointment, asked: Asked) -> bool:
    return (kept.content, kept.cancelled) == (asked.content, asked.cancelled)


def _new(location: LocationId, name: str, asked: Asked, version: int | None) -> Appointment:
    return Appointment(
        location=location,
        id=name,
        user=asked.user,
        team=asked.team,
        team_calendar=asked.team_calendar,
        content=asked.content,
        cancelled=asked.cancelled,
        version=version,
        asked=asked,
    )


def _late(kept: Appointment, asked: Asked, version: int | None) -> Late | None:
    if version is None or kept.version is None or version > kept.version:
        return None
    if version < kept.version or kept.deleted:
        return Late.OLDER_VERSION
    return None if asked == kept.asked else Late.VERSION_REUSED


def _settled(appointment: Appointment) -> Appointment:
    """With work to do it is pending; otherwise that is all there is to say."""
    work = appointment.wanted or appointment.placements
    return replace(appointment, sync=PENDING if work else resting(appointment))
