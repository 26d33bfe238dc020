"""Anybody may call where providers send browsers back to: a sentence, and no code is redeemed."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.model import LocationId, ProviderName, UserId
from shared.domain.sign_in import PendingSignIn
from shared.errors import SignInFailed
from shared.flows.connect import _hash
from shared.triggers import connections, oauth
from tests.unit.made import NOW

STATE, BROWSER = "a-state-that-was-kept", "the-secret-of-the-browser"
BACK = "https://crm.example/integrations?tab=mine#here"
ALLOWED = "default-src 'none'; frame-ancestors 'none'"
ODD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", "<script>alert(1)</script>", "\r\nSet-Cookie: a=b", "{title}", "%s", "é", "\x00"]
    ),
)


class World:
    """One sign-in that was begun, and what is done about it."""

    def __init__(self) -> None:
        pending = PendingSignIn(
            ProviderName("outlook"), LocationId("loc1"), UserId("agent1"), "Agnes One",
            (LocationId("loc1"),), BACK, _hash(BROWSER), {},
        )  # fmt: skip
        self.row = json.dumps(asdict(pending)).encode(), NOW + timedelta(minutes=10)
        self.redeemed: list[Mapping[str, str]] = []
        provider = SimpleNamespace(finish=self.finish)
        self.ports = SimpleNamespace(
            ways_to_sign_in={"outlook": provider, "google": provider},
            sign_ins=SimpleNamespace(take=self.take),
            sealer=SimpleNamespace(open=self.open),
            clock=lambda: NOW,
        )

    async def take(self, hashed: str) -> Any:
        return self.row if hashed == _hash(STATE) else None

    async def open(self, sealed: bytes) -> bytes:
        return sealed

    async def finish(self, _: Mapping[str, object], answer: Mapping[str, str]) -> Any:
        """Every code is wrong here; what counts is who gets so far."""
        self.redeemed.append(answer)
        raise SignInFailed("The provider takes no such code.", code="denied")


Finish = Callable[..., func.HttpResponse]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def finish(world: World) -> Iterator[Finish]:
    found: Any = oauth.finish
    user_function = found._function.get_user_function()
    here = SimpleNamespace(public_base_url="https://sync.example")
    with pytest.MonkeyPatch.context() as patched, asyncio.Runner() as runner:
        patched.setattr(oauth, "ports", lambda: world.ports)
        patched.setattr(connections, "settings", lambda: here)
        # A crash would be answered as well: here it is to be seen.
        patched.setattr(oauth, "fault", raised)

        def asked(provider: str, params: dict[str, str], cookie: str | None) -> func.HttpResponse:
            world.redeemed.clear()
            request = func.HttpRequest(
                "GET", "https://sync.example/api/oauth/outlook/callback", params=params,
                route_params={"provider": provider}, body=b"",
                headers={"Cookie": cookie} if cookie is not None else {},
            )  # fmt: skip
            answered: func.HttpResponse = runner.run(user_function(request))
            return answered

        yield asked


def raised(_: str, error: Exception) -> None:
    raise error


def assert_page(answer: func.HttpResponse) -> None:
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert answer.headers["Content-Security-Policy"] == ALLOWED
    assert "Location" not in answer.headers


PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.one_of(ODD, st.just(STATE), st.just(STATE.upper()), st.just(f"{STATE} ")),
        "code": ODD, "error": ODD, "error_description": ODD, "id_token": ODD,
    },
)  # fmt: skip
COOKIES = st.one_of(
    st.none(),
    ODD,
    ODD.map("__Host-sign-in={}".format),
    ODD.map(f"__Host-sign-in={BROWSER}{{}}".format),
    st.sampled_from([f"sign-in={BROWSER}", "a,b=c", f"a/b=c; __Host-sign-in={BROWSER}"]),
    st.just(f"__Host-sign-in=x; __Host-sign-in={BROWSER}"),
    st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")),
)


@settings(max_examples=400)
@given(st.one_of(st.sampled_from(["outlook", "google"]), ODD), PARAMS, COOKIES)
def test_only_the_browser_that_began_with_its_own_state_gets_as_far_as_the_provider(
    finish: Finish, world: World, provider: str, params: dict[str, str], cookie: str | None
) -> None:
    answer = finish(provider, params, cookie)
    if world.redeemed:
        assert (provider, params["state"]) == ("outlook", STATE)
        assert f"__Host-sign-in={BROWSER}" in (cookie or "")
        assert answer.status_code == 303
        return
    assert_page(answer)


@settings(max_examples=150)
@given(PARAMS)
def test_what_was_sent_is_neither_shown_nor_does_it_lead_anywhere(
    finish: Finish, params: dict[str, str]
) -> None:
    """The page has sentences of ours alone; a browser goes back to the address that was kept."""
    answer = finish("outlook", {**params, "state": "<b>unknown</b>"}, None)
    assert_page(answer)
    assert answer.get_body() == finish("outlook", {"state": "x"}, None).get_body()
    known = finish("outlook", {**params, "state": STATE}, f"__Host-sign-in={BROWSER}")
    to, kept = urlsplit(known.headers["Location"]), urlsplit(BACK)
    assert known.status_code == 303
    assert (to.scheme, to.netloc, to.path) == (kept.scheme, kept.netloc, kept.path)
    assert to.query == "tab=mine&error=denied"


def test_the_good_answer_of_these_tests_gets_as_far_as_the_provider(
    finish: Finish, world: World
) -> None:
    finish("outlook", {"state": STATE, "code": "c"}, f"__Host-sign-in={BROWSER}")
    assert world.redeemed == [{"state": STATE, "code": "c"}]
    finish("google", {"state": STATE, "code": "c"}, f"__Host-sign-in={BROWSER}")
    assert not world.redeemed


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_a_large_answer_is_refused(finish: Finish, world: World, size: int) -> None:
    huge = {name: "x" * size for name in ("state", "code", "error_description")}
    assert_page(finish("outlook", huge, "__Host-sign-in=" + "x" * size))
    assert_page(finish("outlook", huge, "a=b; " * (size // 5)))
    assert not world.redeemed
