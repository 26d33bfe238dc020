"""One log record for each run, as JSON: what was done, never for whom by name.

No title, address or token may be passed here; keys of calendars are hashes.
"""

import json
import logging
from typing import Any

_log = logging.getLogger("calendar_sync")

# These name each address that they ask, with ids of accounts and calendars and tokens of cursors.
for _talkative in ("httpx", "azure"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)


def record(what: str, **fields: Any) -> None:
    """Logs that `what` was done."""
    _log.info(json.dumps({"what": what, **fields}, default=str))


def alarm(what: str, **fields: Any) -> None:
    """Logs what an operator should look at."""
    _log.error(json.dumps({"what": what, **fields}, default=str))


def fault(what: str, error: BaseException) -> None:
    """Logs where an unexpected error came from. Its text is left out: it may quote anything."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    alarm(what, error=type(error).__name__, where=frames[-6:])
