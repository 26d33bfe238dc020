"""One trace from a notification to the webhook that tells of it, across all queues between.

The W3C's trace context travels with the messages. While nothing exports spans, they cost next to
nothing and messages carry none. A span says what was done and how it ended, never of whom.
https://www.w3.org/TR/trace-context/
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SCOPE = "calendar_sync"
"""The scope of our spans and figures: those of libraries name addresses and ids."""

_TRACER = trace.get_tracer(SCOPE)
_FORMAT = TraceContextTextMapPropagator()


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, after: str | None = None
) -> Iterator[trace.Span]:
    """What runs inside is one step of a trace: of that of `after`, a traceparent."""
    before = _FORMAT.extract({"traceparent": after}) if after else None
    with _TRACER.start_as_current_span(
        name, before, kind, record_exception=False, set_status_on_exception=False
    ) as found:
        try:
            yield found
        except BaseException as error:
            failed(type(error).__name__)
            raise


def failed(reason: str) -> None:
    """The present step has not done what it should; `reason` is a code, or the name of an error."""
    trace.get_current_span().set_status(Status(StatusCode.ERROR, reason))


def ended(outcome: str) -> None:
    """How the present step has ended, as a code."""
    trace.get_current_span().set_attribute("outcome", outcome)


def traceparent() -> str | None:
    """Of the present step, for who goes on with its work; None where nothing is recorded."""
    return headers().get("traceparent")


def headers() -> Mapping[str, str]:
    """The same as HTTP headers."""
    carrier: dict[str, str] = {}
    if trace.get_current_span().is_recording():
        _FORMAT.inject(carrier)
    return carrier
