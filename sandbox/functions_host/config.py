"""Reads host.json.

Facts: https://learn.microsoft.com/azure/azure-functions/functions-host-json and, for queues,
functions-bindings-storage-queue#hostjson-settings.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.functions_host.errors import HostError

LOCAL_POLLING_CAP = timedelta(seconds=2)

_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")


@dataclass(frozen=True)
class QueueOptions:
    """How queues are read: `extensions.queues` of host.json."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    visibility_timeout: timedelta = timedelta(0)
    max_dequeue_count: int = 5
    max_polling_interval: timedelta = LOCAL_POLLING_CAP
    base64: bool = True


@dataclass(frozen=True)
class HostConfig:
    """What this host heeds of host.json; no `function_timeout` means no limit."""

    route_prefix: str = "api"
    function_timeout: timedelta | None = timedelta(minutes=30)
    queues: QueueOptions = QueueOptions()


def read_config(app_dir: Path) -> HostConfig:
    """The configuration in `app_dir`/host.json; the defaults when there is none."""
    file = app_dir / "host.json"
    try:
        return parse_config(json.loads(file.read_text("utf-8")) if file.exists() else {})
    except ValueError as error:
        raise HostError(f"host.json is not valid: {error}") from None


def parse_config(document: Mapping[str, Any]) -> HostConfig:
    """The configuration that a host.json document holds."""
    extensions = document.get("extensions", {})
    timeout = document.get("functionTimeout", "00:30:00")
    return HostConfig(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
        function_timeout=None if timeout == "-1" else parse_timespan(timeout),
        queues=_queue_options(extensions.get("queues", {})),
    )


def parse_timespan(text: str) -> timedelta:
    """.NET's `[d.]hh:mm:ss[.fff]`."""
    match = _TIMESPAN.fullmatch(text)
    if not match:
        raise HostError(f"host.json: {text!r} is not a time span like 00:10:00")
    days, hours, minutes, seconds = match.groups()
    return timedelta(int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def _queue_options(section: Mapping[str, Any]) -> QueueOptions:
    batch_size = int(section.get("batchSize", 16))
    if not 1 <= batch_size <= 32:
        raise HostError("host.json: extensions.queues.batchSize must be 1 to 32")
    longest = parse_timespan(section.get("maxPollingInterval", "00:01:00"))
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(section.get("newBatchThreshold", batch_size // 2)),
        visibility_timeout=parse_timespan(section.get("visibilityTimeout", "00:00:00")),
        max_dequeue_count=int(section.get("maxDequeueCount", 5)),
        max_polling_interval=min(longest, LOCAL_POLLING_CAP),
        base64=str(section.get("messageEncoding", "base64")).lower() == "base64",
    )
