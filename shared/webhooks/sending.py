"""The CRM's webhook: one POST for each try, signed, with nothing followed and little waited for.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

import httpcore
from opentelemetry.trace import SpanKind

from shared.domain.changes import Change
from shared.domain.waiting import retry_after
from shared.telemetry import fault
from shared.tracing import failed, span
from shared.tracing import headers as headers_of_the_trace
from shared.webhooks.base import Answered, Delivery
from shared.webhooks.body import body_of
from shared.webhooks.network import PrivateAddress, PublicNetwork
from shared.webhooks.signing import Signer

_CONNECT_SECONDS = 10.0
# The specification recommends 15 to 30.
_SECONDS = 20.0
_GONE = 410


class StandardWebhook:
    """A Webhook (see base.py) by Standard Webhooks."""

    def __init__(
        self,
        address: str,
        secrets: Sequence[str],
        tls: ssl.SSLContext,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
    ) -> None:
        self._address, self._signer, self._tls, self._clock = address, Signer(secrets), tls, clock
        self._network = PublicNetwork(check=not allow_private)
        self.endpoint = sha256("\n".join((address, *secrets)).encode()).hexdigest()[:32]

    async def deliver(self, change: Change) -> Delivery:
        try:
            with span("webhook", SpanKind.CLIENT):
                async with asyncio.timeout(_SECONDS):
                    return self._meaning(await self._post(change))
        except (TimeoutError, httpcore.TimeoutException):
            return _again("timed_out")
        except PrivateAddress:
            return _again("private_address")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return _again("not_reachable")
        except Exception as error:
            fault("webhook", error)
            return _again("failed")

    async def _post(self, change: Change) -> httpcore.Response:
        """The head of the answer: its body, which might never end, is not read."""
        body = body_of(change)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "calendar-sync",
            **self._signer.headers(change.id, body, self._clock()),
            **headers_of_the_trace(),
        }
        timeouts = {"connect": _CONNECT_SECONDS, "read": _SECONDS, "write": _SECONDS}
        async with (
            httpcore.AsyncConnectionPool(self._tls, network_backend=self._network) as pool,
            pool.stream(
                "POST",
                self._address,
                headers=list(headers.items()),
                content=body.encode(),
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            return answer

    def _meaning(self, answer: httpcore.Response) -> Delivery:
        """Redirects are failures too: who has moved says so in our settings."""
        if 200 <= answer.status < 300:
            return Delivery(Answered.TAKEN)
        reason = f"status_{answer.status}"
        failed(reason)
        if answer.status == _GONE:
            return Delivery(Answered.ENDED, reason=reason)
        headers = {name.lower(): value for name, value in answer.headers}
        asked = headers.get(b"retry-after")
        wait = retry_after(asked.decode("latin-1"), self._clock()) if asked else None
        return Delivery(Answered.AGAIN, wait, reason)


def _again(reason: str) -> Delivery:
    return Delivery(Answered.AGAIN, reason=reason)
