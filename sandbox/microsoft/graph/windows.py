"""The time window of a view."""

from __future__ import annotations

from datetime import timedelta

from sandbox.microsoft.mailbox.errors import InvalidRequestError
from sandbox.microsoft.mailbox.times import Window

from .call import Call
from .errors import GraphError
from .event_times import read_instant

LONGEST = timedelta(days=1825)


def read_window(call: Call) -> Window:
    """Read startDateTime and endDateTime; both are needed and at most 1,825 days apart."""
    texts = [call.params.get(name) for name in ("startdatetime", "enddatetime")]
    if not texts[0] or not texts[1]:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters "
            "StartDateTime and EndDateTime.",
        )
    start, end = read_instant(texts[0], "StartDateTime"), read_instant(texts[1], "EndDateTime")
    if end < start:
        raise InvalidRequestError(
            "The end of the time window is before its start.", "ErrorInvalidParameter"
        )
    if end - start > LONGEST:
        raise InvalidRequestError(
            "The range between the start and end dates is greater than the allowed range. "
            f"Maximum number of days: {LONGEST.days}"
        )
    return Window(start, end)
