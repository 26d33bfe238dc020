"""Keys that seal the tokens are changed, in settings and in Key Vault, and nobody signs in anew."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from sandbox.microsoft.mailbox.mailbox import Mailbox
from sandbox.stack import Stack
from shared import services
from shared.credentials.data_keys import EnvelopeSealer
from shared.credentials.envelope import read
from shared.domain.model import CalendarKey
from shared.services import sealers
from tests.flows.outlook import (
    OLGA,
    Requests,
    account_of,
    add,
    busy_spans,
    connected,
    connection,
    expire,
    key_of,
    look,
    new_mailbox,
    span,
)
from tests.key_vault import KEY_ID, StandInVault, stand_in_vault
from tests.people import Person
from tests.restarting import Restart, restarts
from tests.storage import Storage

FIRST, SECOND, THIRD = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
async def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StandInVault]:
    async with stand_in_vault(tmp_path) as (vault, key):
        monkeypatch.setattr(sealers, "_in_key_vault", lambda *_: EnvelopeSealer(key))
        yield vault


@pytest.fixture
async def restart(stack: Stack) -> AsyncIterator[Restart]:
    async with restarts(stack) as restart:
        yield restart


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    return new_mailbox(stack)


@pytest.fixture
def key(stack: Stack, mailbox: Mailbox) -> CalendarKey:
    return key_of(stack, OLGA)


async def sealed_by(stack: Stack) -> str:
    """The version in Key Vault, or the Fernet key, that the kept tokens need."""
    tokens = (await services.ports().accounts.load(account_of(stack, OLGA))).tokens
    assert tokens is not None
    envelope = read(tokens.sealed)
    if envelope is not None:
        return envelope.key.by
    [found] = [key for key in (FIRST, SECOND, THIRD) if _opens(key, tokens.sealed)]
    return found


def _opens(key: str, sealed: bytes) -> bool:
    try:
        return bool(Fernet(key).decrypt(sealed))
    except Exception:
        return False


async def test_keys_of_both_kinds_are_rotated_and_nobody_signs_in_anew(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    vault: StandInVault,
    restart: Restart,
) -> None:
    [version] = vault.versions
    await restart(TOKEN_SEALING_KEYS=FIRST)
    await connected(agent)
    entra, days = stack.sandbox.world.entra, iter(range(3, 20))
    seen = []

    async def refreshed() -> str:
        """The tokens that are kept still work, are refreshed, and then a change arrives."""
        day = next(days)
        add(mailbox, span(day))
        seen.append(span(day))
        expire(stack)
        asked = Requests(stack)
        await look(stack, key)
        assert [request.status for request in asked.tokens()] == [200]
        assert await busy_spans(agent) == seen
        assert (await connection(agent))["status"] == "connected"
        return await sealed_by(stack)

    assert await refreshed() == FIRST
    await restart(TOKEN_SEALING_KEYS=f"{SECOND} {FIRST}")
    assert await refreshed() == SECOND
    await restart(TOKEN_SEALING_KEYS=f"{KEY_ID} {SECOND}")
    assert await refreshed() == f"{KEY_ID}/{version}"
    await restart(TOKEN_SEALING_KEYS=KEY_ID)
    assert await refreshed() == f"{KEY_ID}/{version}"
    newer = vault.rotate()
    await restart()
    assert await refreshed() == f"{KEY_ID}/{newer}"
    vault.disabled.add(version)
    await restart()
    assert await refreshed() == f"{KEY_ID}/{newer}"
    await restart(TOKEN_SEALING_KEYS=f"{THIRD} {KEY_ID}")
    assert await refreshed() == THIRD
    await restart(TOKEN_SEALING_KEYS=THIRD)
    assert await refreshed() == THIRD
    assert len(entra.codes) == 1


@pytest.mark.usefixtures("patient")
async def test_while_key_vault_is_down_the_work_waits_and_nobody_must_sign_in(
    stack: Stack,
    agent: Person,
    mailbox: Mailbox,
    key: CalendarKey,
    vault: StandInVault,
    restart: Restart,
    storage: Storage,
) -> None:
    await restart(TOKEN_SEALING_KEYS=KEY_ID)
    await connected(agent)
    await restart()
    vault.down = True
    add(mailbox, span(3))
    await look(stack, key)
    assert (await connection(agent))["status"] == "connected"
    assert (await storage.messages())["sync-calendar"] >= 1
    begun = await agent.begin()
    assert (begun.status_code, begun.json()["code"]) == (503, "key_vault_unavailable")
    vault.down = False
    add(mailbox, span(4))
    await agent.settled()
    assert await busy_spans(agent) == [span(3), span(4)]
