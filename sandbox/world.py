"""Everything simulated in one process."""

import ssl
from pathlib import Path

import httpx

from sandbox.clock import Clock
from sandbox.crm.state import Crm
from sandbox.faults import FaultBook
from sandbox.google.service import Google
from sandbox.microsoft.directory import Directory, User
from sandbox.microsoft.entra.state import EntraState
from sandbox.microsoft.gate.limits import MailboxLimits
from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.microsoft.registration import AppRegistration
from sandbox.microsoft.subscriptions.service import SubscriptionService
from sandbox.request_log import RequestLog
from sandbox.seeding import seed


class World:
    """Tenants, users, mailboxes, tokens, subscriptions, faults, log, Google, and the CRM.

    Use it only from the event loop the server runs in. `trusted` are PEM files of authorities whose
    certificates notification URLs may carry, besides the public ones.
    """

    def __init__(self, seeded: bool = True, trusted: tuple[Path, ...] = ()) -> None:
        self.clock = Clock()
        self.registration = AppRegistration()
        self.crm = Crm()
        self._seeded = seeded
        self._trusted = trusted
        self._client: httpx.AsyncClient | None = None
        self._fill()

    def _fill(self) -> None:
        self.directory = Directory()
        self.entra = EntraState()
        self.faults = FaultBook()
        self.log = RequestLog()
        self.limits = MailboxLimits()
        self.subscriptions = SubscriptionService(self.clock, self.notification_client)
        self.mailboxes: dict[str, Mailbox] = {}
        self.google = Google(self.clock, self.notification_client)
        if self._seeded:
            seed(self)

    def reset(self) -> None:
        """Back to the state after the start: seeded people, no tokens, no subscriptions."""
        self._cancel_deliveries()
        redirect_uris = self.registration.redirect_uris
        self.registration = AppRegistration(redirect_uris=redirect_uris)
        google_uris = self.google.registration.redirect_uris
        self.clock.reset()
        self.crm.reset()
        self._fill()
        self.google.registration.redirect_uris = google_uris

    async def aclose(self) -> None:
        """Stop deliveries and close connections."""
        self._cancel_deliveries()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def deliveries_idle(self, seconds: float = 30.0) -> bool:
        """Wait until no notification is queued or under way; False if that took too long."""
        microsoft = await self.subscriptions.delivery.idle(seconds)
        return await self.google.channels.delivery.idle(seconds) and microsoft

    def _cancel_deliveries(self) -> None:
        self.subscriptions.delivery.cancel()
        self.google.channels.delivery.cancel()

    def add_user(self, user: User) -> User:
        """Add an account, with an empty mailbox if it has one."""
        self.directory.add_user(user)
        if user.has_mailbox and user.home is None:
            mailbox = Mailbox(
                user.address, user.display_name, user.time_zone, user.personal, self.clock
            )
            mailbox.find_peer = self.find_mailbox
            mailbox.subscribe_changes(lambda change: self.subscriptions.on_change(change))
            self.mailboxes[user.address.lower()] = mailbox
        return user

    def find_mailbox(self, address: str) -> Mailbox | None:
        """The mailbox with this address, if there is one."""
        return self.mailboxes.get(address.lower())

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox with this address; KeyError if there is none."""
        return self.mailboxes[address.lower()]

    def mailbox_of(self, user: User) -> Mailbox | None:
        """The mailbox of an account; guests and accounts without a licence have none."""
        return self.mailboxes.get(user.address.lower()) if user.home is None else None

    def notification_client(self) -> httpx.AsyncClient:
        """The client that calls notification URLs."""
        if self._client is None:
            context = ssl.create_default_context()
            for path in self._trusted:
                context.load_verify_locations(path)
            self._client = httpx.AsyncClient(verify=context, trust_env=False)
        return self._client
