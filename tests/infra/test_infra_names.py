"""Queues, tables and timers bear the same names wherever they are named."""

import re
from typing import Any

import pytest

from sandbox.functions_host.timers import Schedule
from shared.messages import Message
from tests.infra.bicep import INFRA, ROOT, of_type, read

DATA = read(INFRA / "modules" / "data_storage.bicep")
QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"
POISON = "-poison"

Bindings = list[dict[str, Any]]


def queues_in_code() -> set[str]:
    return {message.queue for message in Message.__subclasses__()}


def tables_in_code() -> set[str]:
    texts = [path.read_text("utf-8") for path in (ROOT / "shared" / "store").glob("*.py")]
    return {name for text in texts for name in re.findall(r"\.table\(\"(\w+)\"\)", text)}


def triggered(bindings: Bindings) -> set[str]:
    return {one["queueName"] for one in bindings if one["type"] == "queueTrigger"}


def test_azure_has_the_queues_of_the_code_and_no_others() -> None:
    assert DATA.variables["queueNames"] == sorted(queues_in_code())
    made = of_type(DATA, QUEUES)
    assert {item["name"] for item in made.values()} == {"queue", f"${{queue}}{POISON}"}


def test_azure_has_the_tables_of_the_code_and_no_others() -> None:
    assert DATA.variables["tableNames"] == sorted(tables_in_code())


def test_each_queue_has_one_function_and_its_poison_queue_another(bindings: Bindings) -> None:
    names = [one["queueName"] for one in bindings if one["type"] == "queueTrigger"]
    assert len(names) == len(set(names))
    assert triggered(bindings) == queues_in_code() | {name + POISON for name in queues_in_code()}


def test_output_bindings_go_to_queues_that_are_read(bindings: Bindings) -> None:
    outputs = {one["queueName"] for one in bindings if one["type"] == "queue"}
    assert outputs
    assert outputs <= queues_in_code()


def test_names_of_queues_and_tables_are_what_storage_takes() -> None:
    """https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata"""
    for name in queues_in_code():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name + POISON)
        assert 3 <= len(name + POISON) <= 63
    for name in tables_in_code():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", name)


def test_schedules_of_timers_parse(bindings: Bindings) -> None:
    schedules = {
        one["function"]: one["schedule"] for one in bindings if one["type"] == "timerTrigger"
    }
    assert schedules.keys() == {"Sweep", "ForgetSignIns"}
    for function, schedule in schedules.items():
        Schedule(schedule, function)


def test_timers_run_by_their_schedule_alone(bindings: Bindings) -> None:
    for one in bindings:
        if one["type"] == "timerTrigger":
            assert one["runOnStartup"] is False
            assert one["useMonitor"] is True


@pytest.mark.parametrize("schedule", ["* * * * *", "61 * * * * *", "0 0 0 L * *"])
def test_schedules_that_the_host_would_refuse_are_refused(schedule: str) -> None:
    with pytest.raises(Exception, match="bad"):
        Schedule(schedule, "bad")
