"""Sending traces and figures to Application Insights, where its address is set.

Records go another way: the Functions host sends what the worker logs. Set up beside the first
requests, not before them: importing the exporters takes as long as answering many notifications.
"""

from threading import Timer
from typing import TYPE_CHECKING

from shared.tracing import SCOPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure.core.credentials import TokenCredential
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_AFTER_SECONDS = 5.0
_SERVICE = "calendar-sync"


def export_soon(address: str, credential: "Callable[[], TokenCredential | None]") -> None:
    """From some seconds on, what this process does is exported; `address` is the connection string
    of the resource, `credential` makes what it is asked with where it takes no keys."""
    timer = Timer(_AFTER_SECONDS, lambda: _export(address, credential()))
    timer.daemon = True
    timer.start()


def _export(address: str, credential: "TokenCredential | None") -> None:
    from opentelemetry import metrics, trace

    traces, figures = exporters(address, credential)
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(figures)


def exporters(
    address: str, credential: "TokenCredential | None" = None
) -> "tuple[TracerProvider, MeterProvider]":
    """What spans and figures are to be given to."""
    from azure.monitor.opentelemetry.exporter import (
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": _SERVICE})
    traces = TracerProvider(resource=resource)
    to_traces = AzureMonitorTraceExporter(connection_string=address, credential=credential)
    traces.add_span_processor(BatchSpanProcessor(_own(to_traces)))
    to_figures = AzureMonitorMetricExporter(connection_string=address, credential=credential)
    figures = MeterProvider([PeriodicExportingMetricReader(to_figures)], resource)
    return traces, figures


def _own(exporter: "SpanExporter") -> "SpanExporter":
    """Hands on our own spans alone: those of libraries name addresses, cursors and ids."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class OwnSpans(SpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            own = [one for one in spans if _scope(one) == SCOPE]
            return exporter.export(own) if own else SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            exporter.shutdown()

    return OwnSpans()


def _scope(span: "ReadableSpan") -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope else ""
