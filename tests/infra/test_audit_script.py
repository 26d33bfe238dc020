"""scripts/audit.sh against a stand-in for osv.dev: what it finds fails, silence is no answer."""

import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import ROOT

SCRIPT = ROOT / "scripts" / "audit.sh"
PINNED = "idna==3.10 --hash=sha256:" + "0" * 64 + "\n"
# https://google.github.io/osv.dev/post-v1-query/
ADVISORY = {
    "id": "PYSEC-2099-1",
    "summary": "It can be made to hang.",
    "details": "It can be made to hang by a long name.",
    "aliases": ["CVE-2099-1"],
    "published": "2099-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.11"}]}],
            "versions": ["3.10"],
        }
    ],
}


class Advisories:
    """A stand-in for osv.dev: what it knows, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.known: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    served: list[Advisories] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served[0].asked.append(asked)
            answer = json.dumps({"vulns": served[0].known} if served[0].known else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        served.append(Advisories(f"http://127.0.0.1:{listening.server_address[1]}/v1/query"))
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served[0]
        listening.shutdown()
        thread.join()


def audited(folder: Path, service: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A run for one package."""
    file = folder / "requirements.txt"
    file.write_text(PINNED)
    return subprocess.run(
        [SCRIPT, file],
        env={**os.environ, "AUDIT_SERVICE": service, "NO_PROXY": "127.0.0.1", **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_known_fails_and_silence_is_not_taken_for_an_answer(
    tmp_path: Path, advisories: Advisories
) -> None:
    """One test, for the first run of the script makes its environment."""
    assert audited(tmp_path, advisories.url).returncode == 0
    [asked] = advisories.asked
    assert asked == {"package": {"name": "idna", "ecosystem": "PyPI"}, "version": "3.10"}
    advisories.known.append(ADVISORY)
    found = audited(tmp_path, advisories.url)
    assert found.returncode == 1, found.stderr
    assert "PYSEC-2099-1" in found.stdout
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/v1/query"
        for more, code in (({}, 0), ({"AUDIT_REQUIRED": "1"}, 1)):
            found = audited(tmp_path, nobody, **more)
            assert found.returncode == code, found.stderr
            assert "not audited" in found.stderr
            assert "no known vulnerability" not in found.stdout


def test_each_ignored_vulnerability_says_why() -> None:
    listed = re.search(r"^readonly IGNORED=\((\)|\n.*?^\))$", SCRIPT.read_text(), re.M | re.S)
    assert listed is not None
    for line in listed[1].rstrip(")").split("\n")[1:-1]:
        name, _, why = line.strip().partition("#")
        assert len(name.split()) == 1, line
        assert len(why.split()) >= 4, line
