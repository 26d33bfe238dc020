"""Graph asked by the O365 library, which waits for its answers in the thread that asks.

Its pause of 200 ms between requests is left out, as is the look through the environment at each
request; its pages are as large as it asks for.
"""

from typing import Any

from O365 import Account, MSGraphProtocol  # type: ignore[import-untyped]  # it has no types
from O365.utils.token import MemoryTokenBackend  # type: ignore[import-untyped]  # as above

from bench.reading.bare_graph import WISHES, Access, ends
from shared.domain.model import Window


class O365Library:
    """One user's calendars."""

    def __init__(self, to: Access) -> None:
        root, _, version = to.base.rpartition("/")
        protocol = MSGraphProtocol(api_version=version, timezone="UTC")
        protocol.protocol_url, protocol.service_url = f"{root}/", f"{to.base}/"
        account = Account(
            ("client", "secret"),
            protocol=protocol,
            token_backend=MemoryTokenBackend(),
            requests_delay=0,
            verify_ssl=str(to.ca_file),
            default_headers={"Prefer": WISHES},
        )
        session = account.con.get_session()
        session.headers.update(to.bearer)
        session.trust_env = False
        account.con.session = session
        self._session, self._schedule = session, account.schedule()

    def calendar(self, calendar: str) -> Any:
        """As the library knows it."""
        return self._schedule.get_calendar(calendar_id=calendar)

    def view(self, calendar: Any, window: Window) -> list[Any]:
        """All events of it, occurrences of series among them."""
        start, end = ends(window)
        return list(calendar.get_events(limit=None, start_recurring=start, end_recurring=end))

    def close(self) -> None:
        self._session.close()
