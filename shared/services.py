"""The composition root: the only place that names concrete classes.

Everything heavy is imported where it is made: a notification must be answered without any of it.
"""

import ssl
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.flows.ports import Policies, Ports
from shared.settings import Settings, settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import httpx
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.identity.aio import DefaultAzureCredential
    from azure.storage.queue.aio import QueueServiceClient

    from shared.credentials.crm_token import CrmTokens
    from shared.credentials.data_keys import EnvelopeSealer
    from shared.credentials.sealing import KindOfSealer, Sealer
    from shared.domain.model import ProviderName
    from shared.providers.base import CalendarProvider, SignIn
    from shared.providers.notifications import NotificationReader
    from shared.providers.outlook.credential import Credential
    from shared.store.tables import Tables
    from shared.webhooks.base import Webhook

    _Provider = tuple[ProviderName, SignIn, CalendarProvider]


_opened: "list[Callable[[], Awaitable[None]]]" = []


def now() -> datetime:
    return datetime.now(UTC)


@cache
def ports() -> Ports:
    """All that the flows work with, made once in a process."""
    from shared.credentials.vault import Vault
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
    tables = _tables(chosen)
    accounts = TableAccountStore(tables)
    queues = StorageQueues(_queue_service(chosen))
    _opened.extend((tables.close, queues.close))
    sealer = _sealer(chosen)
    providers = list(_providers(chosen))
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
    while _opened:
        await _opened.pop()()
    ports.cache_clear()


def export_telemetry() -> None:
    """Where there is somewhere to send it to."""
    chosen = settings()
    address = chosen.applicationinsights_connection_string
    if address is not None:
        from shared.exporting import export_soon

        export_soon(address.get_secret_value(), lambda: _sync_identity(chosen))


def _sync_identity(chosen: Settings) -> "TokenCredential | None":
    """Its resource takes no keys where the storage takes none."""
    if chosen.calendar_storage is not None:
        return None
    from azure.identity import DefaultAzureCredential

    client_id = chosen.calendar_storage__client_id
    return DefaultAzureCredential(
        **({"managed_identity_client_id": client_id} if client_id else {})
    )


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


@cache
def tls(extra_ca_bundle: str | None) -> ssl.SSLContext:
    """The system's trust, and the extra certificates besides."""
    context = ssl.create_default_context()
    if extra_ca_bundle:
        context.load_verify_locations(cafile=extra_ca_bundle)
    return context


def _sealer(chosen: Settings) -> "Sealer":
    """Seals by the first key that the settings name; opens by any."""
    from shared.credentials.sealing import FernetSealer, Sealers

    words = [key.get_secret_value() for key in chosen.token_sealing_keys]
    fernet = [word for word in words if not word.startswith("https://")]
    sealers: list[KindOfSealer] = [
        _in_key_vault(word, chosen) for word in words if word not in fernet
    ]
    if fernet:
        sealers.insert(0 if words[0] == fernet[0] else len(sealers), FernetSealer(fernet))
    return Sealers(sealers)


def _in_key_vault(key_id: str, chosen: Settings) -> "EnvelopeSealer":
    from azure.keyvault.keys.aio import KeyClient

    from shared.credentials.data_keys import EnvelopeSealer
    from shared.credentials.key_vault import WAITS, KeyVaultKey, vault_of

    client = KeyClient(vault_of(key_id), _identity(chosen), **WAITS)
    _opened.append(client.close)
    return EnvelopeSealer(KeyVaultKey(key_id, client))


def _policies(chosen: Settings) -> Policies:
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


def _providers(chosen: Settings) -> "Iterator[_Provider]":
    """Those that the settings have."""
    base = f"{chosen.public_base_url}/api/notifications"
    yield _outlook(chosen, f"{base}/outlook")
    if chosen.google_client_id is not None and chosen.google_client_secret is not None:
        secret = chosen.google_client_secret.get_secret_value()
        yield _google(chosen, chosen.google_client_id, secret, f"{base}/google")


def _outlook(chosen: Settings, notifications: str) -> "_Provider":
    from shared.providers.outlook.client import Graph
    from shared.providers.outlook.provider import OutlookProvider
    from shared.providers.outlook.push import PushAddresses
    from shared.providers.outlook.sign_in import OUTLOOK, MicrosoftApp, MicrosoftSignIn

    app = MicrosoftApp(
        client_id=chosen.microsoft_client_id,
        credential=_microsoft_credential(chosen),
        authority=chosen.microsoft_authority,
        tls=tls(chosen.extra_ca_bundle),
    )
    graph = Graph(chosen.graph_base_url, _http(chosen), now)
    addresses = PushAddresses(changes=notifications, lifecycle=f"{notifications}/lifecycle")
    return OUTLOOK, MicrosoftSignIn(app), OutlookProvider(graph, addresses)


def _microsoft_credential(chosen: Settings) -> "Credential":
    """That one of the three that the settings have."""
    from shared.providers.outlook.credential import by_certificate, by_identity

    if chosen.microsoft_client_secret is not None:
        return chosen.microsoft_client_secret.get_secret_value()
    if chosen.microsoft_client_certificate is not None:
        return by_certificate(chosen.microsoft_client_certificate.get_secret_value())
    return by_identity(str(chosen.microsoft_federated_client_id), chosen.microsoft_authority)


def _google(
    chosen: Settings, client_id: str, client_secret: str, notifications: str
) -> "_Provider":
    from shared.providers.google.client import Google
    from shared.providers.google.provider import GoogleProvider
    from shared.providers.google.sign_in import GOOGLE, GoogleApp, GoogleSignIn

    app = GoogleApp(client_id, client_secret, chosen.google_auth_base_url)
    google = Google(chosen.google_api_base_url, _http(chosen), now)
    sign_in = GoogleSignIn(app, _http(chosen), now)
    return GOOGLE, sign_in, GoogleProvider(google, notifications)


def _http(chosen: Settings) -> "httpx.AsyncClient":
    """A client for one provider's use: what one of them does to it concerns no other."""
    import httpx

    # Kept by hand: the Graph SDK wraps the transport in one that does not close it.
    transport = httpx.AsyncHTTPTransport(verify=tls(chosen.extra_ca_bundle), trust_env=False)
    _opened.append(transport.aclose)
    timeout = httpx.Timeout(30, connect=10)
    return httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout)


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


def _tables(chosen: Settings) -> "Tables":
    from azure.data.tables.aio import TableServiceClient

    from shared.store.tables import Tables

    if chosen.calendar_storage is not None:
        connection = chosen.calendar_storage.get_secret_value()
        return Tables(TableServiceClient.from_connection_string(connection, **_direct()))
    endpoint = chosen.storage_address("table")
    return Tables(TableServiceClient(endpoint, credential=_identity(chosen), **_direct()))


def _queue_service(chosen: Settings) -> "QueueServiceClient":
    from azure.storage.queue.aio import QueueServiceClient

    if chosen.calendar_storage is not None:
        connection = chosen.calendar_storage.get_secret_value()
        return QueueServiceClient.from_connection_string(connection, **_direct())
    endpoint = chosen.storage_address("queue")
    return QueueServiceClient(endpoint, credential=_identity(chosen), **_direct())


def _direct() -> "dict[str, AioHttpTransport]":
    """Without a proxy none is looked for: aiohttp would do that in a thread for each request, which
    takes as long as the request does."""
    from urllib.request import getproxies

    from azure.core.pipeline.transport import AioHttpTransport

    return {"transport": AioHttpTransport(use_env_settings=bool(getproxies()))}


def _identity(chosen: Settings) -> "DefaultAzureCredential":
    """Of the function app in Azure; elsewhere of whoever is signed in there."""
    from azure.identity.aio import DefaultAzureCredential

    client_id = chosen.calendar_storage__client_id
    # Passed as None it would hide AZURE_CLIENT_ID.
    named = {"managed_identity_client_id": client_id} if client_id else {}
    identity = DefaultAzureCredential(**named)
    _opened.append(identity.close)
    return identity
