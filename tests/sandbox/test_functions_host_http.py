"""HTTP functions through the local host behave as with the real one."""

import os
from pathlib import Path

import httpx
import pytest

from sandbox.azurite import shared_azurite
from sandbox.functions_host import HostError, running_host

SAMPLE_APP = Path(__file__).parent / "sample_app"


@pytest.fixture(scope="module")
async def host():
    environ = {
        "SAMPLE": "http",
        "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
        "SAMPLE_STORAGE": shared_azurite().connection_string,
    }
    async with running_host(SAMPLE_APP, environ=environ, timers=False) as host:
        yield host


@pytest.fixture(scope="module")
async def client(host):
    async with httpx.AsyncClient(base_url=f"{host.url}/api", timeout=60) as client:
        yield client


async def test_query_parameters_without_value_go_and_repeated_ones_are_joined(client):
    seen = (await client.get("/echo?a=1&b=&c&A=2&d=x+y%26")).json()
    assert seen["params"] == {"a": "1,2", "d": "x y&"}


async def test_a_route_value_is_decoded_but_for_slashes(client, host):
    seen = (await client.get("/echo/a%20b%2Fc%2fd/%C3%A9?q=1")).json()
    assert seen["route"] == {"rest": "a b%2Fc%2fd/é"}
    assert seen["url"] == f"{host.url}/api/echo/a%20b%2Fc%2fd/%C3%A9?q=1"


async def test_headers_are_lower_case_and_repeated_ones_joined(client):
    headers = [("X-One", "1"), ("x-one", "2")]
    assert (await client.get("/echo", headers=headers)).json()["headers"]["x-one"] == "1,2"


async def test_a_body_arrives_unless_it_is_chunked(client):
    async def chunks():
        yield b"lost"

    assert (await client.post("/echo", content=b"\x00\xff")).json()["body"] == [0, 255]
    assert (await client.post("/echo", content=chunks())).json()["body"] == []


async def test_the_context_names_the_function(client):
    assert (await client.get("/echo")).json()["function"] == "Echo"


@pytest.mark.parametrize("path", ["/nowhere", "/items", "/items/a/b"])
async def test_no_route_is_404(client, path):
    assert (await client.get(path)).status_code == 404


async def test_a_wrong_method_is_404_too(client):
    assert (await client.post("/items/one")).status_code == 404


async def test_the_first_function_by_name_wins_over_a_literal_route(client):
    answer = await client.get("/ITEMS/special/")
    assert (answer.status_code, answer.text) == (203, "item special")


async def test_bytes_and_cookies_pass(client):
    answer = await client.post("/bytes", content=b"\x01\x02\xfe")
    assert answer.content == b"\xfe\x02\x01"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers.get_list("set-cookie") == [
        "a=b%2Bc; domain=; path=/; httponly",
        "d=e; domain=; path=",
    ]


async def test_an_error_is_an_empty_500_and_writes_no_output(client, host, caplog):
    answer = await client.post("/fail")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "Fail failed after" in caplog.text
    assert "ValueError: meant to fail" in caplog.text
    assert (await host.status())["functions"]["Fail"]["failed"] == 1


async def test_no_response_is_500(client):
    assert (await client.get("/nothing")).status_code == 500


async def test_an_output_that_cannot_be_written_is_500(client):
    too_big = "x" * 70_000
    assert (await client.post("/enqueue-raw", content=too_big)).status_code == 500
    assert (await client.post("/enqueue-raw", content="{not json}")).status_code == 500


async def test_a_missing_setting_stops_the_start(monkeypatch):
    monkeypatch.delenv("SAMPLE", raising=False)
    with pytest.raises(HostError, match="the setting SAMPLE is missing"):
        async with running_host(SAMPLE_APP, environ={"SAMPLE": ""}):
            pass


async def test_the_environment_is_put_back():
    before = dict(os.environ)
    environ = {"SAMPLE": "put-back", "SAMPLE_SCHEDULE": "0 0 0 1 1 *"}
    storage = {"SAMPLE_STORAGE": shared_azurite().connection_string}
    async with running_host(SAMPLE_APP, environ=environ | storage, timers=False):
        assert os.environ["SAMPLE"] == "put-back"
    assert dict(os.environ) == before
