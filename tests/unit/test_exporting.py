"""What leaves for Application Insights: our own spans and figures, and nothing of libraries."""

import gzip
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shared.exporting import exporters
from shared.tracing import SCOPE


class Ingestion:
    """Takes what is exported, as the service's ingestion does."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        ingestion = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                ingestion.bodies.append(body.decode())
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"itemsReceived": 1, "itemsAccepted": 1, "errors": []}')

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        key = "00000000-0000-0000-0000-000000000001"
        port = self._server.server_port
        return f"InstrumentationKey={key};IngestionEndpoint=http://127.0.0.1:{port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def ingestion(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingestion]:
    monkeypatch.setenv("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
    # At the process's end the exporter calls once more, when nobody listens any more.
    logging.getLogger("azure.monitor").setLevel(logging.ERROR)
    found = Ingestion()
    yield found
    found.close()


def test_our_spans_and_figures_leave_and_those_of_libraries_do_not(ingestion: Ingestion) -> None:
    traces, figures = exporters(ingestion.address)
    with traces.get_tracer(SCOPE).start_as_current_span("sync-calendar"):
        theirs = traces.get_tracer("kiota").start_span("GET https://graph/me/calendars/AAMk=")
        theirs.end()
    figures.get_meter(SCOPE).create_counter("calendar_sync.drift").add(3)

    traces.force_flush()
    figures.force_flush()

    said = "\n".join(ingestion.bodies)
    assert "sync-calendar" in said
    assert "calendar_sync.drift" in said
    assert "AAMk" not in said
    traces.shutdown()
    figures.shutdown()
