"""Apps load and run on Python 3.13 under Microsoft's worker library, `azure-functions-runtime`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLE_APP = ROOT / "tests" / "sandbox" / "sample_app"
sys.path.insert(0, str(HERE))

import python313  # noqa: E402 beside this file, which is no package

needs_our_app = pytest.mark.skipif(
    not (ROOT / "function_app.py").exists(), reason="no function_app.py yet"
)

MESSAGE = {
    "Id": "m1",
    "DequeueCount": 1,
    "InsertionTime": "2026-01-02T03:04:05+00:00",
    "PopReceipt": "r1",
}


@pytest.fixture(scope="session")
def python():
    found = python313.find_python()
    if found is None:
        pytest.skip("needs Python 3.13 on PATH or in pyenv")
    return python313.environment(found)


def run(python, app, invocations, *options, environ=None):
    """What `run_in_runtime.py` answers for an app directory."""
    done = subprocess.run(
        [str(python), str(HERE / "run_in_runtime.py"), str(app), *options],
        input=json.dumps(invocations),
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("options", [(), ("--placeholder",)])
def test_the_sample_app_runs_each_trigger_kind(python, options):
    invocations = [
        {
            "function": "Echo",
            "http": {"method": "GET", "query": {"a": "1"}, "params": {"rest": "x"}},
        },
        {"function": "ItemByName", "http": {"method": "GET", "params": {"name": "one"}}},
        {"function": "Enqueue", "http": {"method": "POST", "body": '[{"name": "é"}, {}]'}},
        {"function": "Work", "queue": {"body": '{"name": "one"}', "metadata": MESSAGE}},
        {"function": "Tick", "timer": {"IsPastDue": True}},
        {"function": "TickFails", "timer": {}},
    ]
    answer = run(python, SAMPLE_APP, invocations, *options)
    echo, item, enqueue, work, tick, fails = answer["results"]
    assert {f["name"] for f in answer["functions"]} >= {"Echo", "Work", "Tick"}
    seen = json.loads(echo["returned"]["body"])
    assert (seen["params"], seen["route"]) == ({"a": "1"}, {"rest": "x"})
    assert (item["returned"]["status"], item["returned"]["body"]) == (203, "item one")
    assert json.loads(enqueue["outputs"]["out"]) == ['{"name": "\\u00e9"}', "{}"]
    assert json.loads(work["outputs"]["done"]) == {
        "id": "m1",
        "name": "one",
        "dequeueCount": 1,
        "insertedOn": "2026-01-02T03:04:05+00:00",
        "hasPopReceipt": True,
    }
    assert tick["returned"] == "tick True"
    assert fails["error"] == "OSError: meant to fail"


def test_the_worker_writes_cookies_as_the_local_host_expects(python):
    [answer] = run(python, SAMPLE_APP, [{"function": "Bytes", "http": {"method": "POST"}}])[
        "results"
    ]
    written = [
        (c["name"], c["value"], c["domain"], c["path"]) for c in answer["returned"]["cookies"]
    ]
    assert written == [("a", "b+c", "", "/"), ("d", "e", "", "")]


def test_an_app_that_does_not_load_says_why(python, tmp_path):
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        "@app.timer_trigger(arg_name='t', schedule='0 0 * * * *')\n"
        "@app.queue_output(arg_name='out', queue_name='q', connection='X')\n"
        "def bad(t: func.TimerRequest, out: func.Out[list[str]]) -> None: ...\n"
    )
    with pytest.raises(AssertionError, match="cannot load the bad function"):
        run(python, tmp_path, [])


def sample_settings():
    """The settings that a new developer begins with."""
    sample = ROOT / "local.settings.sample.json"
    return json.loads(sample.read_text("utf-8"))["Values"] if sample.exists() else {}


@needs_our_app
def test_our_app_loads_under_the_worker_library(python):
    """Every binding parses, every annotation is one that the worker takes."""
    assert run(python, ROOT, [], environ=sample_settings())["functions"]


@needs_our_app
def test_our_app_loads_with_azure_functions_2(python):
    code = (
        "import azure.functions, function_app\n"
        "print(azure.functions.__version__, len(function_app.app.get_functions()))"
    )
    environ = {**os.environ, **sample_settings()}
    done = subprocess.run(
        [str(python), "-c", code],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, count = done.stdout.split()
    assert version.startswith("2.")
    assert int(count) > 0
