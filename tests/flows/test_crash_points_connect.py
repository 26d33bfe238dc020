"""R3, R4, R6: an account is connected and its calendars chosen in full, or not, wherever cut."""

from typing import Any

import pytest

from shared import services
from shared.domain.model import Problem
from shared.messages import ApplySelection, EraseAccount, SyncCalendar, TellConnection
from tests.flows.corners import Corner, finish
from tests.flows.crashes import Cut
from tests.flows.cutting import Scenario, Stage, nothing, recorded

NOTHING = frozenset[str]()
CONNECTED = frozenset({"user at near"})
FAR = frozenset({"user at far"})
RIVAL = frozenset({"rival at near"})
NEAR = CONNECTED | {"Calendar primary of user at near", "Second conflict of user at near"}
OTHER = CONNECTED | {"Second primary of user at near"}
SECOND = (Cut.SECOND_WORKER,)
ONE_WORKER = [cut for cut in Cut if cut is not Cut.SECOND_WORKER]


async def signs_in(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in()]


async def two_sign_in(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in(), await corner.sign_in(corner.rival)]


async def signs_in_at_two(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in(), await corner.sign_in(at=corner.far)]


async def comes_back(corner: Corner) -> None:
    await finish(corner.sign_ins[0])


async def the_other_comes_back(corner: Corner) -> None:
    await finish(corner.sign_ins[1])


async def starts_again(corner: Corner) -> None:
    await corner.connect()


async def connected(corner: Corner) -> None:
    await corner.connect()


async def chosen(corner: Corner) -> None:
    await corner.connect()
    await corner.choose("Calendar", "Second")


async def chooses(corner: Corner) -> None:
    await corner.choose("Calendar", "Second")


async def chooses_other(corner: Corner) -> None:
    await corner.choose("Second")


async def chooses_none(corner: Corner) -> None:
    await corner.choose(None)


async def disconnects(corner: Corner) -> None:
    await corner.disconnect()


async def must_sign_in_again(corner: Corner) -> None:
    """The account is found to need a new sign-in; the CRM is told."""
    await chosen(corner)
    ports = services.ports()
    record = await ports.accounts.load(corner.account)
    await ports.accounts.report_problem(record, Problem("reconnect_required", ports.clock()))


CALLBACK = {"callback repeated": None, "never again": nothing, "begun again": starts_again}
FOLLOWS = [ApplySelection, SyncCalendar]
CONNECTING = {
    "an account": Scenario(
        nothing,
        comes_back,
        [NOTHING, CONNECTED],
        ready=signs_in,
        then=CALLBACK,
        cut_in=[EraseAccount],
    ),
    "once more": Scenario(chosen, comes_back, [NEAR], ready=signs_in, then=CALLBACK),
    "as required": Scenario(
        must_sign_in_again,
        comes_back,
        [NEAR],
        ready=signs_in,
        then={"begun again": starts_again},
        cut_in=[TellConnection],
    ),
    "at a second place meanwhile": Scenario(
        nothing,
        comes_back,
        [CONNECTED, CONNECTED | FAR, FAR],
        ready=signs_in_at_two,
        meanwhile=the_other_comes_back,
        cuts=SECOND,
        then=CALLBACK,
    ),
    "another meanwhile": Scenario(
        nothing,
        comes_back,
        [CONNECTED, RIVAL],
        ready=two_sign_in,
        meanwhile=the_other_comes_back,
        cuts=SECOND,
        then=CALLBACK,
    ),
    "disconnected meanwhile": Scenario(
        chosen,
        comes_back,
        [NOTHING, CONNECTED, NEAR],
        ready=signs_in,
        meanwhile=disconnects,
        cuts=SECOND,
        then={"never again": nothing},
    ),
}
CHOOSING = {
    "the first": Scenario(connected, chooses, [CONNECTED, NEAR], cut_in=FOLLOWS),
    "others": Scenario(chosen, chooses_other, [NEAR, OTHER], cut_in=FOLLOWS),
    "none": Scenario(chosen, chooses_none, [NEAR, CONNECTED], cut_in=[ApplySelection]),
    "others, and back meanwhile": Scenario(
        chosen, chooses_other, [NEAR, OTHER], meanwhile=chooses, cuts=SECOND, cut_in=FOLLOWS
    ),
    "disconnected meanwhile": Scenario(
        chosen,
        chooses_other,
        [NOTHING, OTHER],
        meanwhile=disconnects,
        cuts=SECOND,
        then={"never again": nothing},
    ),
}


@pytest.mark.parametrize("name", CONNECTING)
async def test_r04_connected_in_full_or_not_wherever_it_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    await stage.cut_everywhere(CONNECTING[name])

    recorded(stage, record_property)


@pytest.mark.parametrize("name", CHOOSING)
async def test_r06_chosen_in_full_or_not_wherever_it_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    await stage.cut_everywhere(CHOOSING[name])

    recorded(stage, record_property)
