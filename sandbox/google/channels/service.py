"""The channels of the simulated world, and what goes over them."""

import random
from collections.abc import Callable
from datetime import datetime

import httpx

from sandbox.google.account import Account
from sandbox.google.calendars.calendar import Calendar
from sandbox.google.channels.delivery import Message, MessageDelivery
from sandbox.google.channels.model import Channel, ChannelSettings, State


class ChannelService:
    """Holds channels and turns changes into messages."""

    def __init__(
        self, clock: Callable[[], datetime], client: Callable[[], httpx.AsyncClient]
    ) -> None:
        self.settings = ChannelSettings()
        self.delivery = MessageDelivery(self.settings, clock, client)
        self.unheard = 0
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._used: set[str] = set()
        self._random = random.Random(13)

    def live(self, account: Account | None = None) -> list[Channel]:
        """The channels that have not expired, of one account or of all."""
        now = self._clock()
        found = [one for one in self._channels.values() if one.expires_at > now]
        return [one for one in found if account in (None, one.account)]

    def get(self, channel_id: str) -> Channel | None:
        """One living channel."""
        return next((one for one in self.live() if one.id == channel_id), None)

    def taken(self, channel_id: str) -> bool:
        """Whether an id was ever used."""
        return channel_id in self._used

    async def open(self, channel: Channel) -> None:
        """Add a channel and send its sync message, now and then before the caller knows."""
        self._channels[channel.id] = channel
        self._used.add(channel.id)
        channel.number = 1
        message = self._message(channel, "sync")
        if self._chance(self.settings.sync_first_probability):
            await self.delivery.send(message)
        else:
            self.delivery.add(message, self._delay())

    def stop(self, channel_id: str) -> bool:
        """Close a channel; messages under way may still arrive."""
        return self._channels.pop(channel_id, None) is not None

    def end_of(self, account: Account) -> None:
        """Close all channels of an account."""
        for channel in self.live(account):
            self.stop(channel.id)

    def on_change(self, calendar: Calendar) -> None:
        """Listen to a calendar: tell those who watch it."""
        channels = [one for one in self.live() if one.calendar is calendar]
        early = bool(channels) and self._chance(self.settings.early_probability)
        if early:
            self._hide({one.account for one in channels})
        state: State = "not_exists" if calendar.deleted else "exists"
        for channel in channels:
            self.tell(channel, state, early=early)

    def on_list_change(self, account: Account) -> None:
        """Listen to a calendar list."""
        for channel in self.live(account):
            if channel.calendar is None:
                self.tell(channel, "exists")

    def tell(self, channel: Channel, state: State, *, early: bool = False) -> None:
        """Send a message, perhaps twice."""
        if channel.silent or self.settings.losing & {"*", channel.account.address.lower()}:
            self.unheard += 1
            return
        gap = self._random.randint(1, self.settings.largest_gap) if self.settings.hostile else 1
        channel.number += gap
        message = self._message(channel, state)
        for _ in range(2 if self._chance(self.settings.duplicate_probability) else 1):
            self.delivery.add(message, 0.0 if early else self._delay())

    def replay(self, channel: Channel, last: int) -> int:
        """Send the last messages of a channel again; returns how many."""
        told = [a.message for a in self.delivery.attempts if a.message.channel_id == channel.id]
        for message in told[-last:]:
            self.delivery.add(message, 0.0)
        return len(told[-last:])

    def _message(self, channel: Channel, state: State) -> Message:
        return Message(channel.address, channel.id, channel.headers(state))

    def _hide(self, accounts: set[Account]) -> None:
        """Let lists lag behind for a moment, so that the message comes first."""
        seconds = self.settings.early_seconds
        for account in accounts:
            faults = account.faults
            if faults.sync_lag_seconds >= seconds:
                continue
            before, faults.sync_lag_seconds = faults.sync_lag_seconds, seconds

            def restore(account: Account = account, before: float = before) -> None:
                if account.faults.sync_lag_seconds == seconds:
                    account.faults.sync_lag_seconds = before

            self.delivery.hold(seconds, restore)

    def _chance(self, probability: float) -> bool:
        return self.settings.hostile and self._random.random() < probability

    def _delay(self) -> float:
        return self._random.uniform(*self.settings.delay_seconds)
