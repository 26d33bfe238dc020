"""R1–R3: who connects what."""

from tests.people import ADELE, ALEX, Person


async def test_r01_a_member_connects_their_own_account(agent: Person) -> None:
    answer = await agent.connect(ADELE)

    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "http://localhost:3000/integrations?tab=mine&connected=outlook"
    )
    [found] = (await agent.call("GET", agent.path("connections"))).json()["connections"]
    assert (found["email"], found["accountType"], found["status"]) == (ADELE, "work", "connected")


async def test_r03_a_second_account_is_refused_naming_the_first(agent: Person) -> None:
    await agent.connect(ADELE)

    answer = await agent.connect(ALEX)

    assert "error=another_account_connected" in answer.headers["location"]
    assert "adele.vance%40contoso.example" in answer.headers["location"]
    [found] = (await agent.call("GET", agent.path("connections"))).json()["connections"]
    assert found["email"] == ADELE
