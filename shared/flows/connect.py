"""Connecting an account: the sign-in begins at the API and ends at the callback."""

import asyncio
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from shared.domain.access import Caller, Membership
from shared.domain.audit import Act, AuditRecord
from shared.domain.model import Account, LocationId, ProviderName
from shared.domain.records import AccountRecord, Connection
from shared.domain.sign_in import PendingSignIn, SignedIn
from shared.errors import (
    InvalidRequest,
    MailboxBusy,
    MailboxMissing,
    OperatorFault,
    ProviderError,
    ReconnectRequired,
    SignInFailed,
)
from shared.flows.apply_selection import safely_later
from shared.flows.audit import act_of, audited
from shared.flows.being_erased import BEING_ERASED, is_being_erased, refuse_while_erased
from shared.flows.claim_account import claim, claimable
from shared.flows.mailbox import Lane, place
from shared.flows.ports import Ports
from shared.flows.settle_account import let_go
from shared.messages import Cause, RealignAppointments, SyncCalendar
from shared.providers.base import AccessToken

SIGN_IN_LASTS = timedelta(minutes=10)
_WAITS_FOR_A_PLACE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.5)
# It becomes a header: printable ASCII only. Browsers take a backslash for a slash.
_ADDRESS = re.compile(r"[!-\[\]-~]+")


@dataclass(frozen=True, slots=True)
class SignInBegun:
    """`browser_secret` goes into a cookie: only the browser that began may finish."""

    authorization_url: str
    expires_at: datetime
    browser_secret: str


@dataclass(frozen=True, slots=True)
class Connected:
    connection: Connection
    return_url: str | None


async def begin_connect(
    caller: Caller,
    location: LocationId,
    provider: ProviderName,
    return_url: str | None,
    ports: Ports,
) -> SignInBegun:
    """Raises InvalidRequest for a return address that is not of the CRM, and Conflict."""
    _check_return_url(return_url, ports.policies.return_url_origins)
    await refuse_while_erased(await ports.locations.member(location, caller.user), ports)
    begun = await ports.ways_to_sign_in[provider].begin(ports.policies.callback_url(provider))
    browser_secret = secrets.token_urlsafe(32)
    pending = PendingSignIn(
        provider=provider,
        location=location,
        user=caller.user,
        user_name=caller.name,
        locations=tuple(caller.locations),
        return_url=return_url,
        browser=_hash(browser_secret),
        flow=begun.flow,
        role=caller.membership(location) or Membership.AGENT,
    )
    expires_at = ports.clock() + SIGN_IN_LASTS
    sealed = await ports.sealer.seal(json.dumps(asdict(pending)).encode())
    await ports.sign_ins.put(_hash(begun.state), sealed, expires_at)
    return SignInBegun(begun.authorization_url, expires_at, browser_secret)


async def finish_connect(
    provider: ProviderName, answer: Mapping[str, str], browser_secret: str | None, ports: Ports
) -> Connected:
    """`answer` is the query of the callback. Raises SignInFailed; then nothing new is kept."""
    pending = await _taken(provider, answer, browser_secret, ports)
    try:
        signed_in = await ports.ways_to_sign_in[provider].finish(pending.flow, answer)
        await _check_mailbox(signed_in, ports)
        connection = await _connected(pending, signed_in, ports)
    except SignInFailed as failure:
        raise SignInFailed(
            failure.detail, code=failure.reason, return_url=pending.return_url
        ) from failure
    except ProviderError as error:
        raise _failure(error, pending.return_url) from error
    return Connected(connection, pending.return_url)


async def _taken(
    provider: ProviderName, answer: Mapping[str, str], browser_secret: str | None, ports: Ports
) -> PendingSignIn:
    """The sign-in that began, removed from the store: it can be finished once."""
    state = answer.get("state")
    if not state:
        raise SignInFailed("This address only ends a sign-in. Start again.", code="state_missing")
    kept = await ports.sign_ins.take(_hash(state))
    if kept is None:
        raise SignInFailed(
            "This sign-in is not known, or was used already. Start again.", code="state_unknown"
        )
    sealed, expires_at = kept
    fields = json.loads(await ports.sealer.open(sealed))
    pending = PendingSignIn(**{**fields, "locations": tuple(fields["locations"])})
    if ports.clock() >= expires_at:
        raise SignInFailed(
            "This sign-in took longer than ten minutes. Start again.",
            code="state_expired",
            return_url=pending.return_url,
        )
    same_browser = hmac.compare_digest(pending.browser, _hash(browser_secret or ""))
    if not same_browser or pending.provider != provider:
        raise SignInFailed(
            "This sign-in was begun in another browser. Start again in this one.",
            code="other_browser",
        )
    return pending


async def _check_mailbox(signed_in: SignedIn, ports: Ports) -> None:
    """R2: an account without a cloud mailbox is refused before anything is kept."""
    access_token = signed_in.tokens.access_token

    async def token(refused: str | None) -> str:
        return access_token

    try:
        await _asked(signed_in.account, token, ports)
    except MailboxMissing as error:
        raise SignInFailed(error.detail, code="no_mailbox") from None


async def _asked(account: Account, token: AccessToken, ports: Ports) -> None:
    """Asks for the mailbox from a place of its own: others may be asking it at the same time.

    Of an account that nobody has nobody asks anything else, and no row of a place must be left.
    """
    provider = ports.provider(account.provider)
    for wait in _WAITS_FOR_A_PLACE:
        record = await ports.accounts.load(account)
        if record.owner is None:
            await provider.check_mailbox(token)
            return
        try:
            async with place(ports, record, Lane.INTERACTIVE):
                await provider.check_mailbox(token)
                return
        except MailboxBusy:
            await asyncio.sleep(wait)
    raise SignInFailed("This account is very busy right now. Try again.", code="try_again")


async def _connected(pending: PendingSignIn, signed_in: SignedIn, ports: Ports) -> Connection:
    """Claims the account for the user, then keeps the connection."""
    member = await ports.locations.member(pending.location, pending.user)
    if await is_being_erased(member, ports):
        raise SignInFailed(BEING_ERASED, code="being_erased")
    existing = member.connections.get(pending.provider)
    if existing is not None and existing.account != signed_in.account:
        raise _second_account(existing)
    record = await claimable(pending, signed_in.account, ports)
    async with audited(_act(pending, existing, ports), ports):
        kept = await _claimed(record, pending, signed_in, ports)
    await _sync_all(kept, ports)
    return kept


def _act(pending: PendingSignIn, existing: Connection | None, ports: Ports) -> AuditRecord:
    at = {pending.location: Membership(pending.role)}
    act = Act.CONNECTED if existing is None else Act.RECONNECTED
    user, provider = pending.user, pending.provider
    caller = Caller(user, pending.user_name, at)
    return act_of(caller, act, pending.location, ports, user=user, provider=provider)


async def _claimed(
    record: AccountRecord, pending: PendingSignIn, signed_in: SignedIn, ports: Ports
) -> Connection:
    claimed_at = await claim(record, pending, signed_in, ports)
    wanted = Connection(
        location=pending.location,
        user=pending.user,
        account=signed_in.account,
        profile=signed_in.profile,
        connected_at=claimed_at,
        claimed_at=claimed_at,
        user_name=pending.user_name,
    )
    kept = await ports.locations.connect(wanted)
    if kept.account != signed_in.account:
        await let_go(wanted, ports)
        raise _second_account(kept)
    return kept


async def _sync_all(connection: Connection, ports: Ports) -> None:
    """After a reconnect everything that is watched is read, and what waited written, at once."""
    location, user = connection.location, connection.user
    await safely_later(location, user, ports)
    record = await ports.accounts.load(connection.account)
    # One sign-in heals the account wherever it is used.
    for used_at in sorted({location, *(record.owner.locations if record.owner else ())}):
        await ports.queues.send(RealignAppointments(location=used_at, user=user))
    for key in sorted(record.calendars):
        await ports.queues.send(
            SyncCalendar(calendar=key, cause=Cause.RECONNECTED, at=ports.clock())
        )


def _second_account(existing: Connection) -> SignInFailed:
    return SignInFailed(
        f"{existing.profile.email} is connected here already. Disconnect it first, or choose that "
        "account when you sign in.",
        code="another_account_connected",
    )


def _failure(error: ProviderError, return_url: str | None) -> SignInFailed:
    if isinstance(error, ReconnectRequired):
        code = "sign_in_failed" if error.reason == error.code else error.reason
        return SignInFailed(error.detail, code=code, return_url=return_url)
    if isinstance(error, OperatorFault):
        detail = "The sign-in is not set up correctly. Please tell your administrator."
        return SignInFailed(detail, code="operator_fault", return_url=return_url)
    detail = "The provider is not available right now. Try again in some minutes."
    return SignInFailed(detail, code="provider_unavailable", return_url=return_url)


def _check_return_url(return_url: str | None, origins: tuple[str, ...]) -> None:
    if return_url is None:
        return
    if not _ADDRESS.fullmatch(return_url) or _origin(return_url) not in origins:
        raise InvalidRequest(
            "returnUrl must be an address of the CRM, with all but ASCII percent-encoded.",
            code="return_url_not_allowed",
        )


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
