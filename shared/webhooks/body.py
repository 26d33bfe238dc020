"""A change as the CRM reads it, in a webhook's body and in the feed.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
from datetime import UTC
from typing import Any

from shared.domain.changes import Change


def told(change: Change) -> dict[str, Any]:
    return {
        "type": change.type.value,
        "timestamp": change.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {name: value for name, value in change.data.items() if value is not None},
    }


def body_of(change: Change) -> str:
    """The JSON; well below the 20 kB that the specification sets, as the data is bounded."""
    return json.dumps(told(change), ensure_ascii=False, separators=(",", ":"))
