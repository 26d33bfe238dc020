"""R12, R4: nothing is left of an account that is disconnected, wherever that is cut short."""

from contextlib import suppress
from typing import Any

import pytest

from shared import services
from shared.flows.settle_account import erase_account
from shared.messages import ApplySelection, EraseAccount, SyncCalendar
from tests.flows.corners import Corner, finish
from tests.flows.crashes import Cut
from tests.flows.cutting import Scenario, Stage, nothing, recorded

NOTHING = frozenset[str]()
NEAR = frozenset(
    {"user at near", "Calendar primary of user at near", "Second conflict of user at near"}
)
FAR = frozenset({"user at far", "Calendar primary of user at far"})
ANEW = frozenset({"user at near"})
RIVAL = frozenset({"rival at near"})
FOLLOWS = [ApplySelection, EraseAccount, SyncCalendar]


async def connected(corner: Corner) -> None:
    await corner.connect()
    await corner.choose("Calendar", "Second")


async def connected_twice(corner: Corner) -> None:
    await connected(corner)
    await corner.connect(at=corner.far)
    await corner.choose("Calendar", at=corner.far)


async def chosen_nothing(corner: Corner) -> None:
    await corner.connect()


async def disconnected(corner: Corner) -> None:
    await corner.disconnect()


async def signs_in_again(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in()]


async def rival_signs_in(corner: Corner) -> None:
    corner.sign_ins = [await corner.sign_in(corner.rival)]


async def comes_back(corner: Corner) -> None:
    """Whoever has signed in comes back from the provider."""
    for sign_in in corner.sign_ins:
        await finish(sign_in)


async def both_places(corner: Corner) -> None:
    await corner.disconnect()
    await corner.disconnect(corner.far)


async def far_away(corner: Corner) -> None:
    await corner.disconnect(corner.far)


async def erases(corner: Corner) -> None:
    await erase_account(EraseAccount(account=str(corner.account)), services.ports())


async def goes_and_comes_back(corner: Corner) -> None:
    """Disconnects; whoever has signed in comes back at once."""
    await corner.disconnect()
    with suppress(Exception):
        await comes_back(corner)


SECOND = (Cut.SECOND_WORKER,)
SCENARIOS = {
    "the only one": Scenario(connected, disconnected, [NOTHING, NEAR], cut_in=FOLLOWS),
    "nothing chosen": Scenario(chosen_nothing, disconnected, [NOTHING, ANEW]),
    "one of two places": Scenario(connected_twice, disconnected, [FAR, NEAR | FAR], cut_in=FOLLOWS),
    "both places at once": Scenario(
        connected_twice, disconnected, [NOTHING, FAR], meanwhile=both_places, cuts=SECOND
    ),
    "erased meanwhile": Scenario(connected, disconnected, [NOTHING], meanwhile=erases, cuts=SECOND),
    "connected again meanwhile": Scenario(
        connected,
        disconnected,
        [NOTHING, ANEW, NEAR],
        ready=signs_in_again,
        meanwhile=comes_back,
        cuts=SECOND,
        then={"never again": nothing},
    ),
    "connected by another meanwhile": Scenario(
        connected,
        disconnected,
        [NOTHING, RIVAL],
        ready=rival_signs_in,
        meanwhile=comes_back,
        cuts=SECOND,
    ),
    "connected again at once": Scenario(
        connected, goes_and_comes_back, [NOTHING, ANEW, NEAR], ready=signs_in_again, cut_in=FOLLOWS
    ),
    "connected by another at once": Scenario(
        connected,
        goes_and_comes_back,
        [NOTHING, RIVAL, NEAR, ANEW],
        ready=rival_signs_in,
        cut_in=FOLLOWS,
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_r12_nothing_is_left_wherever_a_disconnect_is_cut(
    stage: Stage, record_property: Any, name: str
) -> None:
    await stage.cut_everywhere(SCENARIOS[name])

    recorded(stage, record_property)
