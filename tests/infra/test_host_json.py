"""host.json: how queues are read, and what the host loads."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from sandbox.functions_host.config import parse_timespan
from tests.infra.bicep import ROOT

HOST_JSON = (ROOT / "host.json").read_text("utf-8")
MOST_IN_HAND = 24
"""Of one instance. Each sync run holds a mailbox's data in memory, and asks a provider."""


def _timespan(text: str) -> str:
    parse_timespan(text)
    return text


def _waits(text: str) -> str:
    """With none, a message that fails comes again at once: five tries are gone in a second."""
    if parse_timespan(text) < timedelta(seconds=10):
        raise ValueError("must be 10 s or more")
    return text


def _prompt(text: str) -> str:
    """What waits longest is a message that the app sent itself."""
    if not timedelta(milliseconds=100) <= parse_timespan(text) <= timedelta(seconds=5):
        raise ValueError("must be from 100 ms to 5 s")
    return text


Timespan = Annotated[str, AfterValidator(_timespan)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Queues(Part):
    """https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue"""

    batch_size: Annotated[int, Field(ge=1, le=32)]
    new_batch_threshold: Annotated[int, Field(ge=0)]
    visibility_timeout: Annotated[str, AfterValidator(_waits)]
    max_dequeue_count: Annotated[int, Field(ge=2, le=10)]
    max_polling_interval: Annotated[str, AfterValidator(_prompt)]
    message_encoding: Literal["base64"]

    @model_validator(mode="after")
    def _in_hand(self) -> "Queues":
        if self.batch_size + self.new_batch_threshold > MOST_IN_HAND:
            raise ValueError("too many messages in hand")
        return self


class Http(Part):
    route_prefix: Literal["api"]


class Extensions(Part):
    http: Http
    queues: Queues


class Bundle(Part):
    id: Literal["Microsoft.Azure.Functions.ExtensionBundle"]
    version: Literal["[4.*, 5.0.0)"]


class Host(Part):
    """https://learn.microsoft.com/azure/azure-functions/functions-host-json"""

    version: Literal["2.0"]
    function_timeout: Timespan
    telemetry_mode: Literal["OpenTelemetry"] | None = None
    extensions: Extensions
    logging: dict[str, Any]
    extension_bundle: Bundle


def test_host_json_is_as_the_host_reads_it() -> None:
    Host.model_validate_json(HOST_JSON)


def test_queries_of_requests_are_not_logged() -> None:
    """That of a callback holds a code. The host leaves them out unless told otherwise:
    https://github.com/Azure/azure-webjobs-sdk/pull/3026"""
    assert "querystring" not in HOST_JSON.lower()


def test_a_run_has_time_enough_and_ends_before_the_plan_ends_it() -> None:
    timeout = parse_timespan(Host.model_validate_json(HOST_JSON).function_timeout)
    assert timedelta(minutes=5) <= timeout <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"batchSize": 8', '"batchSize": 33'),
        ('"newBatchThreshold": 4', '"newBatchThreshold": 20'),
        ('"visibilityTimeout": "00:00:30"', '"visibilityTimeout": "00:00:00"'),
        ('"maxPollingInterval": "00:00:02"', '"maxPollingInterval": "00:01:00"'),
        ('"maxDequeueCount": 5', '"maxDequeueCount": 1'),
        ('"messageEncoding": "base64"', '"messageEncoding": "none"'),
        ('"[4.*, 5.0.0)"', '"[3.*, 4.0.0)"'),
        ('"batchSize"', '"batchsize"'),
    ],
)
def test_what_would_lose_messages_or_hurry_them_is_refused(good: str, bad: str) -> None:
    changed = re.sub(re.escape(good), bad, HOST_JSON)
    assert changed != HOST_JSON
    with pytest.raises(ValidationError):
        Host.model_validate_json(changed)
