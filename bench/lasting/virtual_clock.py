"""A clock that is moved on, for the application and the sandbox alike: days pass in seconds.

To be imported before anything of the application: some of its modules take `now` by name.
"""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msal.application
import msal.token_cache

from sandbox.tour.outlook import Outlook
from shared import services


class VirtualClock:
    """It goes on by itself, and can be ahead of the real one."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        """As `time.time` gives them."""
        return time.time() + self.ahead.total_seconds()

    async def move_to(self, moment: datetime, outlook: Outlook) -> None:
        """Moves the sandbox with it; does nothing where that moment has passed."""
        step = moment - self()
        if step > timedelta():
            self.ahead += step
            await outlook.ask("POST", "clock", json={"advanceSeconds": step.total_seconds()})


CLOCK = VirtualClock()
services.now = CLOCK
# MSAL keeps when a token ends by its own clock; the application compares that with ours.
for _module in (msal.application, msal.token_cache):
    _module.time = SimpleNamespace(time=CLOCK.seconds, sleep=time.sleep)
