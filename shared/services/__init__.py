"""The composition root: the only place that names concrete classes.

Everything heavy is imported where it is made: a notification must be answered without any of it.
"""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.services.lifetime import close_all, opened
from shared.services.trust import tls
from shared.settings import Settings, settings

if TYPE_CHECKING:
    from shared.credentials.crm_token import CrmTokens
    from shared.flows.ports import Policies, Ports
    from shared.providers.notifications import NotificationReader
    from shared.webhooks.base import Webhook


def now() -> datetime:
    return datetime.now(UTC)


@cache
def ports() -> "Ports":
    """All that the flows work with, made once in a process."""
    from shared.credentials.vault import Vault
    from shared.flows.ports import Ports
    from shared.services.providers import providers_of
    from shared.services.sealers import sealer_of
    from shared.services.storage import queues_of, tables_of
    from shared.store.accounts import TableAccountStore
    from shared.store.appointments import TableAppointmentStore
    from shared.store.audit import TableAuditStore
    from shared.store.calendars import TableCalendarStore
    from shared.store.changes import TableChangeStore
    from shared.store.figures import TableFiguresStore
    from shared.store.locations import TableLocationStore
    from shared.store.queues import StorageQueues
    from shared.store.roster import TableRosterStore
    from shared.store.sign_ins import TableSignInStore

    chosen = settings()
    tables = tables_of(chosen)
    accounts = TableAccountStore(tables)
    queues = StorageQueues(queues_of(chosen))
    opened(tables.close)
    opened(queues.close)
    sealer = sealer_of(chosen)
    providers = list(providers_of(chosen, now))
    ways_to_sign_in = {name: sign_in for name, sign_in, _ in providers}
    return Ports(
        calendars=TableCalendarStore(tables),
        accounts=accounts,
        locations=TableLocationStore(tables),
        appointments=TableAppointmentStore(tables),
        changes=TableChangeStore(tables),
        audit=TableAuditStore(tables),
        sign_ins=TableSignInStore(tables),
        roster=TableRosterStore(tables),
        figures=TableFiguresStore(tables),
        queues=queues,
        webhook=_webhook(chosen),
        providers={name: provider for name, _, provider in providers},
        ways_to_sign_in=ways_to_sign_in,
        vault=Vault(accounts, sealer, ways_to_sign_in, now),
        sealer=sealer,
        policies=_policies(chosen),
        clock=now,
    )


async def close() -> None:
    """Closes what `ports` has opened, for processes that end in good order."""
    await close_all()
    ports.cache_clear()


def export_telemetry() -> None:
    """Where there is somewhere to send it to."""
    chosen = settings()
    address = chosen.applicationinsights_connection_string
    if address is not None:
        from shared.exporting import export_soon
        from shared.services.storage import sync_identity

        export_soon(address.get_secret_value(), lambda: sync_identity(chosen))


@cache
def crm_tokens() -> "CrmTokens":
    from shared.credentials.crm_token import CrmTokens

    chosen = settings()
    secret = chosen.crm_jwt_secret.get_secret_value() if chosen.crm_jwt_secret else None
    return CrmTokens(
        chosen.crm_jwt_issuer,
        chosen.crm_jwt_audience,
        secret,
        chosen.crm_jwks_url,
        tls(chosen.extra_ca_bundle),
    )


def notification_reader(provider: str | None) -> "NotificationReader | None":
    """How the posts of that provider are read; None for one that is not known."""
    match provider:
        case "outlook":
            from shared.providers.outlook.notifications import read as read_outlook

            return read_outlook
        case "google":
            from shared.providers.google.notifications import read as read_google

            return read_google
    return None


def _policies(chosen: Settings) -> "Policies":
    from shared.flows.ports import Policies

    return Policies(
        horizon=chosen.horizon,
        stale_after=chosen.stale_after,
        sweep_minutes=chosen.sweep_minutes,
        sweep_minutes_without_push=chosen.sweep_minutes_without_push,
        notification_secret=chosen.notification_secret.get_secret_value(),
        # The page comes back to itself.
        return_url_origins=(*chosen.return_url_origins, chosen.public_origin),
        callback_url=chosen.callback_url,
    )


def _webhook(chosen: Settings) -> "Webhook | None":
    if chosen.crm_webhook_url is None:
        return None
    from shared.webhooks.sending import StandardWebhook

    return StandardWebhook(
        chosen.crm_webhook_url,
        [secret.get_secret_value() for secret in chosen.crm_webhook_secret],
        tls(chosen.extra_ca_bundle),
        now,
        allow_private=chosen.crm_webhook_allow_private,
    )
