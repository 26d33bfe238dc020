"""The links of one appointment's events, kept with the calendars that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.appointments import Appointment, Content, LiveEvent, Placement
from shared.domain.links import Fingerprint, Link
from shared.domain.model import Calendar, LocationId
from shared.errors import StoreConflict
from shared.flows.ports import Ports


def versions(
    placement: Placement, seen: LiveEvent | None, wanted: Content
) -> tuple[Fingerprint, ...]:
    """What the event says now, and what we have written; both are no news."""
    written = Fingerprint.of((placement.written or wanted).told)
    if seen is None:
        return (written,)
    return tuple(dict.fromkeys((Fingerprint.seen(seen, wanted), written)))


@dataclass(frozen=True, slots=True)
class EventLinks:
    """`primary` is the calendar that cannot do without its links; others may not be kept at all."""

    location: LocationId
    appointment: str
    primary: Calendar | None
    ports: Ports

    @classmethod
    def of(cls, appointment: Appointment, primary: Calendar | None, ports: Ports) -> "EventLinks":
        return cls(appointment.location, appointment.id, primary, ports)

    async def keep(
        self, placement: Placement, says: Sequence[Fingerprint], *, elsewhere: bool = False
    ) -> None:
        """Raises StoreConflict while the primary calendar is not kept yet."""
        link = self._link(placement, tuple(says), elsewhere=elsewhere)
        try:
            await self.ports.calendars.link(placement.calendar.key, link)
        except StoreConflict:
            if placement.calendar == self.primary:
                raise

    async def drop(self, placement: Placement) -> None:
        await self.ports.calendars.unlink(placement.calendar.key, self._link(placement, ()))

    def _link(
        self, placement: Placement, says: tuple[Fingerprint, ...], *, elsewhere: bool = False
    ) -> Link:
        return Link(
            self.location,
            self.appointment,
            placement.generation,
            placement.event_id,
            says,
            elsewhere,
        )
