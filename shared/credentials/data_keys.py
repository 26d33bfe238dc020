"""Data keys in memory: each for at most 15 minutes, and no more than some hundreds."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from shared.credentials.envelope import (
    DataKey,
    WrappedKey,
    new_secret,
    put_in,
    read,
    take_out,
)
from shared.credentials.sealing import opened_by_none

KEPT_SECONDS = 15 * 60.0
MOST_KEPT = 500
_NEWEST = "newest"


class WrappingKey(Protocol):
    """What wraps data keys. It has versions, of which the newest wraps and each unwraps."""

    def wrapped(self, key: WrappedKey) -> bool:
        """Whether one of its versions is named there."""
        ...

    async def wrap(self, secret: bytes) -> WrappedKey:
        """Raises OperatorFault or ProviderUnavailable, as does `unwrap`."""
        ...

    async def unwrap(self, key: WrappedKey) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    key: "asyncio.Future[DataKey]"


class EnvelopeSealer:
    """Seals with a data key of this process, which is made anew every 15 minutes.

    A new version of the wrapping key seals as soon as the next data key is made; what older ones
    have wrapped is opened as long as they are there.
    """

    def __init__(self, wrapping: WrappingKey, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrapping = wrapping
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}

    def knows(self, sealed: bytes) -> bool:
        envelope = read(sealed)
        return envelope is not None and self._wrapping.wrapped(envelope.key)

    async def seal(self, secret: bytes) -> bytes:
        return put_in(secret, await self._one(_NEWEST, self._made))

    async def open(self, sealed: bytes) -> bytes:
        envelope = read(sealed)
        if envelope is None or not self._wrapping.wrapped(envelope.key):
            raise opened_by_none()
        wrapped = envelope.key
        return take_out(envelope, await self._one(wrapped, lambda: self._unwrapped(wrapped)))

    async def _made(self) -> DataKey:
        until = self._clock() + KEPT_SECONDS
        secret = new_secret()
        key = DataKey(secret, await self._wrapping.wrap(secret))
        # What is sealed with it need not be unwrapped to be opened here.
        known: asyncio.Future[DataKey] = asyncio.get_running_loop().create_future()
        known.set_result(key)
        self._keep(key.wrapped, _Kept(until, known))
        return key

    async def _unwrapped(self, wrapped: WrappedKey) -> DataKey:
        return DataKey(await self._wrapping.unwrap(wrapped), wrapped)

    async def _one(
        self, name: Hashable, make: Callable[[], Coroutine[Any, Any, DataKey]]
    ) -> DataKey:
        """Made once for all who ask at the same time, and though one of them may give up."""
        kept = self._kept.get(name)
        if kept is None or kept.until <= self._clock():
            kept = _Kept(self._clock() + KEPT_SECONDS, asyncio.ensure_future(make()))
            kept.key.add_done_callback(lambda key: self._drop_failed(name, key))
            self._keep(name, kept)
        return await asyncio.shield(kept.key)

    def _keep(self, name: Hashable, kept: _Kept) -> None:
        """All are kept equally long, so that those that came first end first."""
        self._kept.pop(name, None)
        self._kept[name] = kept
        now = self._clock()
        for old in list(self._kept):
            if self._kept[old].until > now and len(self._kept) <= MOST_KEPT:
                break
            del self._kept[old]

    def _drop_failed(self, name: Hashable, key: "asyncio.Future[DataKey]") -> None:
        failed = key.cancelled() or key.exception() is not None
        kept = self._kept.get(name)
        if failed and kept is not None and kept.key is key:
            del self._kept[name]
