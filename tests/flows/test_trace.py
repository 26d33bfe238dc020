"""One trace leads from a notification to the webhook that tells of it, and names nobody."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sandbox.stack import Stack
from shared import tracing
from tests.flows.outlook import OLGA, add, connected, new_mailbox, span, until
from tests.people import Person


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Our own spans, once they have ended."""
    provider, found = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(found))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer(tracing.SCOPE))
    yield found
    provider.shutdown()


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == name]


def trace_of(found: ReadableSpan) -> int:
    assert found.context is not None
    return found.context.trace_id


async def test_one_trace_leads_from_a_notification_to_the_webhook(
    stack: Stack, agent: Person, spans: InMemorySpanExporter
) -> None:
    mailbox = new_mailbox(stack)
    settings = stack.sandbox.world.subscriptions.settings
    settings.hostile, settings.delay_seconds = False, (0.0, 0.0)
    await connected(agent)
    spans.clear()

    add(mailbox, span(3), subject="Oncologist")

    async def told() -> bool:
        return bool(named(spans, "webhook"))

    await until(stack, told)
    [webhook] = named(spans, "webhook")
    steps = [one for one in spans.get_finished_spans() if trace_of(one) == trace_of(webhook)]
    assert {one.name for one in steps} == {
        "notification",
        "sync-calendar",
        "deliver-change",
        "webhook",
    }
    known = {one.context.span_id for one in steps if one.context} | {None}
    assert {one.parent.span_id if one.parent else None for one in steps} <= known
    [synced] = [one for one in steps if one.name == "sync-calendar"]
    assert synced.attributes == {"outcome": "synced"}
    said = "\n".join(one.to_json() for one in spans.get_finished_spans())
    for secret in ("Oncologist", OLGA, mailbox.address, agent.user, agent.token):
        assert secret not in said


async def test_nothing_travels_with_messages_that_nobody_traces() -> None:
    assert tracing.headers() == {}
    assert tracing.traceparent() is None
    assert not trace.get_current_span().is_recording()


def test_a_step_that_fails_says_how_and_no_more(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"), tracing.span("a step"):
        raise ValueError("secret")

    [step] = spans.get_finished_spans()
    assert step.status.description == "ValueError"
    assert "secret" not in step.to_json()
