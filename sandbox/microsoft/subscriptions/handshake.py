"""The validation call to a notification URL.

Source: learn.microsoft.com/graph/change-notifications-delivery-webhooks ("notificationUrl
validation"); wording of the first failure from a public client's source.
"""

import asyncio
import re
from urllib.parse import quote_plus, urlsplit
from uuid import uuid4

import httpx

_FAILED = "Subscription validation request failed."


async def handshake(client: httpx.AsyncClient, url: str, seconds: float) -> str | None:
    """Ask the URL to echo a token; None if it did, else why not."""
    token = (
        "Validation: Testing client application reachability for subscription "
        f"Request-Id: {uuid4()} <&> äö"
    )
    encoded = re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quote_plus(token))
    glue = "&" if urlsplit(url).query else "?"
    try:
        async with asyncio.timeout(seconds):
            response = await client.post(
                f"{url}{glue}validationToken={encoded}",
                headers={"Content-Type": "text/plain; charset=utf-8"},
            )
    except TimeoutError:
        return "Subscription validation request timed out."
    except httpx.HTTPError:
        return f"{_FAILED} Notification endpoint could not be reached."
    return _judge(response, token)


def _judge(response: httpx.Response, token: str) -> str | None:
    if response.status_code != 200:
        return f"{_FAILED} Notification endpoint must respond with 200 OK to validation request."
    kind = response.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "text/plain":
        return f"{_FAILED} Notification endpoint must respond with content type text/plain."
    if response.content.decode("utf-8", errors="replace") != token:
        return f"{_FAILED} Response must exactly match validationToken query parameter."
    return None
