"""What a function raises the host logs: it says the kind of an error, and quotes nothing."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func
import pytest
from azure.functions.decorators.function_app import Function

from shared.errors import CalendarForbidden, MessageInvalid
from shared.messages import SyncCalendar, WriteAppointment
from shared.triggers import appointments, changes, erasure, queues, timers
from shared.triggers.queue_runs import Failed, run, told_by_kind
from tests.unit.made import NOW

SECRET = "Dinner with Zelda"
PORTS: Any = None
MODULES = (queues, changes, appointments, erasure)


def queue_functions() -> dict[str, Function]:
    """Those of the app that a queue starts, by name."""
    app = func.FunctionApp()
    for module in MODULES:
        app.register_functions(module.blueprint)
    return {
        one.get_function_name(): one
        for one in app.get_functions()
        if (trigger := one.get_trigger()) is not None and trigger.type == "queueTrigger"
    }


def alarms(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(one.message) for one in caplog.records if one.levelno == logging.ERROR]


@pytest.mark.parametrize("name", queue_functions())
async def test_a_message_that_nobody_understands_alarms_and_is_not_quoted(
    name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in MODULES:
        monkeypatch.setattr(module, "ports", lambda: PORTS)
    user: Callable[..., Awaitable[None]] = queue_functions()[name].get_user_function()
    with pytest.raises(Failed) as raised:
        await user(func.QueueMessage(body=json.dumps({"calendar": {"x": SECRET}}).encode()))
    assert str(raised.value) == "message_invalid"
    [alarm] = alarms(caplog)
    assert (alarm["what"], alarm["error"]) == ("poison", "message_invalid")
    assert SECRET not in caplog.text


async def test_of_an_error_its_kind_is_told_and_its_place_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(message: SyncCalendar, _: Any) -> None:
        raise ValueError(SECRET)

    message = SyncCalendar.model_validate({"calendar": "k", "cause": "sweep", "at": NOW})
    with pytest.raises(Failed) as raised:
        await run(SyncCalendar, func.QueueMessage(body=message.encode().encode()), broken, PORTS)
    assert str(raised.value) == "ValueError"
    assert raised.value.__suppress_context__
    [alarm] = alarms(caplog)
    assert (alarm["what"], alarm["error"]) == ("sync-calendar", "ValueError")
    assert "broken" in alarm["where"][-1]
    assert SECRET not in caplog.text


def test_what_was_told_of_already_is_not_told_again(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Failed, match=r"^calendar_forbidden$"), told_by_kind("sync-calendar"):
        raise CalendarForbidden(SECRET)
    assert alarms(caplog) == []


async def test_timers_tell_no_more(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(timers, "ports", none)
    for timer in (timers.every_minute, timers.daily):
        with pytest.raises(Failed, match=r"^RuntimeError$"):
            await timer.build().get_user_function()(None)
    assert {one["what"] for one in alarms(caplog)} == {"sweep", "forget_sign_ins"}
    assert SECRET not in caplog.text


def test_a_message_of_a_newer_version_is_understood() -> None:
    newer = {"location": "l", "appointment": "a", "cause": "asked", "since_next_year": 1}
    assert WriteAppointment.decode(json.dumps(newer)).appointment == "a"
    with pytest.raises(MessageInvalid):
        WriteAppointment.decode(json.dumps({"location": "l"}))


def test_every_queue_has_one_who_sets_aside() -> None:
    names = {one.get_trigger().queue_name for one in queue_functions().values()}  # type: ignore[union-attr]
    assert {f"{name}-poison" for name in names if not name.endswith("-poison")} <= names
