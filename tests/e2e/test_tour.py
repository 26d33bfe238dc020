"""The tour as `make demo` plays it, and that it fails when a step does not see what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.stack import APP, Stack
from sandbox.tour import (
    appointments,
    changing,
    choosing,
    connecting,
    echoes,
    reading,
    real_input,
    two_accounts,
)
from sandbox.tour.almanac_check import Almanac
from sandbox.tour.context import ADELE, GINA, Tour
from sandbox.tour.google import Google
from sandbox.tour.narration import Narrator
from sandbox.tour.steps import STEPS, tour_of
from sandbox.tour.unseen import Unseen, until

TINY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:one@test
SUMMARY:Only
DTSTART:{day}T090000Z
DTEND:{day}T100000Z
END:VEVENT
END:VCALENDAR
"""


def played(local: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.tour", "--local", str(local)],
        cwd=APP,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_each_step_sees_what_it_should(tmp_path):
    done = played(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    titles = ["Azurite, the sandbox and the functions start", *(title for title, _ in STEPS)]
    printed = re.findall(r"^\[(\d+)/(\d+)\] +(.+)$", done.stdout, re.MULTILINE)
    assert printed == [(str(n), str(len(titles)), t) for n, t in enumerate(titles, start=1)]
    assert len(re.findall(r"^ +ok, \d+\.\d s$", done.stdout, re.MULTILINE)) == len(titles)
    figures = [
        int(text.replace(",", "")) for text in re.findall(r"([\d,]+) events? compared", done.stdout)
    ]
    assert figures[0] >= 500
    assert re.findall(r"(\d+) differences?", done.stdout) == ["0", "0"]
    assert "caused by our own writes: 0 provider writes, 0 changes" in done.stdout
    seconds = re.findall(r"(?:Outlook|webhook).* after (\d+\.\d) s", done.stdout)
    assert len(seconds) == 4
    assert all(float(one) < 30 for one in seconds)
    assert re.search(r"busy time showed it after \d+\.\d s and \d+ Google requests?", done.stdout)
    assert re.search(r"in Google after \d+\.\d s; looked .* never fewer than 1, ", done.stdout)
    assert "at the end: 0 in Outlook, 1 in Google" in done.stdout
    erased = re.findall(
        r"(subscriptions at Graph|channels at Google): \d+ before, (\d+) after", done.stdout
    )
    assert erased == [("subscriptions at Graph", "0"), ("channels at Google", "0")]
    log = (tmp_path / "functions.log").read_text("utf-8")
    assert "SyncCalendar" in log
    assert "deltatoken" not in log.lower()


def test_a_wrong_setting_stops_it_with_a_sentence(tmp_path):
    done = played(tmp_path, SWEEP_MINUTES="7")
    assert done.returncode == 1
    assert "The tour stopped at step 1: the functions did not start" in done.stderr
    assert "SWEEP_MINUTES: must divide 60" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_change_of_which_nobody_is_told_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(changing, "_SEEN_WITHIN_SECONDS", 1)
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        for step in (connecting.connect, choosing.chosen, choosing.compared):
            await step(tour)
        stack.sandbox.world.subscriptions.settings.losing_mailboxes = {"*"}
        stack.sandbox.world.subscriptions.settings.missed_after_loss = False
        with pytest.raises(Unseen, match=r"not seen within 1 seconds.*should be busy and is not"):
            await changing.moved(tour)


async def test_a_calendar_that_cannot_be_read_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_WITHIN_SECONDS", 1)
    async with tour_of(stack, Narrator(2), tmp_path) as tour:
        await connecting.connect(tour)
        rule = {"preset": "unavailable", "path": "delta", "count": None}
        await tour.outlook.ask("POST", "faults", json=rule)
        with pytest.raises(Unseen, match="The end of the first read"):
            await choosing.chosen(tour)
        await tour.outlook.ask("DELETE", "faults")


async def test_answers_that_differ_from_the_file_are_named(
    stack: Stack, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "tiny.ics"
    day = f"{stack.sandbox.world.clock():%Y%m%d}"
    file.write_text(TINY.format(day=day), "utf-8")
    other = Almanac.read(TINY.format(day=day).replace("T100000Z", "T110000Z"))
    monkeypatch.setattr(Almanac, "without", lambda *_: other)
    async with tour_of(stack, Narrator(1), file) as tour:
        with pytest.raises(Unseen, match="differ from the file in 2 places"):
            await real_input.real_input(tour)
    assert "11:00 UTC should be busy and is not" in capsys.readouterr().out


async def booked(tour: Tour) -> None:
    for step in (connecting.connect, choosing.chosen, appointments.booked):
        await step(tour)


async def test_an_appointment_that_is_not_written_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(appointments, "_SEEN_WITHIN_SECONDS", 1)
    async with tour_of(stack, Narrator(3), tmp_path) as tour:
        rule = {"preset": "unavailable", "method": "POST", "path": "/events$", "count": None}
        await tour.outlook.ask("POST", "faults", json=rule)
        with pytest.raises(Unseen, match="The event was not seen within 1 seconds"):
            await booked(tour)


async def test_what_the_event_says_otherwise_is_named(stack: Stack, tmp_path, monkeypatch):
    monkeypatch.setattr(appointments, "_PLACE", "Main Street 1 ")  # blanks at the end are not kept
    async with tour_of(stack, Narrator(3), tmp_path) as tour:
        with pytest.raises(Unseen, match=r"The event differs from the appointment: place\."):
            await booked(tour)


async def test_what_the_crm_does_not_take_is_not_seen(stack: Stack, tmp_path, monkeypatch):
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await booked(tour)
        await tour.outlook.ask("POST", "crm/behaviours", json={"status": 500, "count": None})
        monkeypatch.setattr(appointments, "_SEEN_WITHIN_SECONDS", 1)
        with pytest.raises(Unseen, match="The move, by webhook, was not seen"):
            await appointments.moved(tour)

        async def in_the_feed() -> bool | None:
            kinds = {one["type"] for one in await tour.crm.feed()}
            return True if "appointment.updated" in kinds else None

        await until(in_the_feed, 120, "The move, in the feed,")
        monkeypatch.setattr(echoes, "_AT_REST_WITHIN_SECONDS", 1)
        with pytest.raises(Unseen, match="The same in feed and webhook was not seen"):
            await echoes.told_alike(tour)


async def test_an_event_that_stays_is_seen(stack: Stack, tmp_path, monkeypatch):
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await booked(tour)
        await appointments.renamed(tour)
        rule = {"preset": "unavailable", "method": "DELETE", "path": "/events/", "count": None}
        await tour.outlook.ask("POST", "faults", json=rule)
        monkeypatch.setattr(appointments, "_SEEN_WITHIN_SECONDS", 1)
        with pytest.raises(Unseen, match="The end of the event was not seen"):
            await appointments.cancelled(tour)
        await tour.outlook.ask("DELETE", "faults")


async def test_a_write_that_nobody_asked_for_is_seen(stack: Stack, tmp_path, monkeypatch):
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await booked(tour)
        [made] = await tour.outlook.written(ADELE)
        bearer = await tour.outlook.ask("POST", "entra/access-token", json={"user": ADELE})
        async with httpx.AsyncClient(verify=False, trust_env=False) as graph:
            answer = await graph.post(
                f"{stack.sandbox.https_url}/v1.0/me/events",
                headers={"Authorization": f"Bearer {bearer['accessToken']}"},
                json={
                    "subject": "A second copy",
                    "start": {"dateTime": "2027-03-03T19:00:00", "timeZone": "UTC"},
                    "end": {"dateTime": "2027-03-03T20:00:00", "timeZone": "UTC"},
                },
            )
        assert (made["method"], answer.status_code) == ("POST", 201)
        with pytest.raises(Unseen, match="Our own writes must cause no writes"):
            await echoes.no_news(tour)


async def with_google(tour: Tour) -> None:
    for step in (connecting.connect, choosing.chosen, two_accounts.blocked):
        await step(tour)


async def test_an_event_in_google_of_which_nobody_is_told_is_not_seen(
    stack: Stack, tmp_path, monkeypatch
):
    made = Google.make

    async def unheard(self: Google, *args: Any) -> Any:
        for channel in (await tour.outlook.ask("GET", "google/channels"))["value"]:
            path = f"google/channels/{channel['id']}"
            await tour.outlook.ask("PATCH", path, json={"silent": True})
        monkeypatch.setattr(two_accounts, "_SEEN_WITHIN_SECONDS", 1)
        return await made(self, *args)

    monkeypatch.setattr(Google, "make", unheard)
    async with tour_of(stack, Narrator(3), tmp_path) as tour:
        with pytest.raises(Unseen, match=r"not seen within 1 seconds.*should be busy and is not"):
            await with_google(tour)


async def test_an_appointment_that_stays_in_outlook_is_seen(stack: Stack, tmp_path, monkeypatch):
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await with_google(tour)
        rule = {"preset": "google-unavailable", "method": "POST", "path": "/events$", "count": None}
        await tour.outlook.ask("POST", "faults", json=rule)
        monkeypatch.setattr(two_accounts, "_SEEN_WITHIN_SECONDS", 1)
        with pytest.raises(Unseen, match="The appointment, in Google alone, was not seen"):
            await two_accounts.moved(tour)
        await tour.outlook.ask("DELETE", "faults")


async def test_a_second_event_in_google_is_seen(stack: Stack, tmp_path, monkeypatch):
    looked = two_accounts._followed

    async def doubled(tour: Tour, here: Any) -> list[int]:
        looks = await looked(tour, here)
        await tour.google.make(GINA, two_accounts._TITLE, await here.slot())
        return looks

    monkeypatch.setattr(two_accounts, "_followed", doubled)
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await with_google(tour)
        with pytest.raises(Unseen, match="The appointment must exist once, in Google"):
            await two_accounts.moved(tour)


async def test_a_grant_that_is_not_taken_back_is_seen(stack: Stack, tmp_path):
    async with tour_of(stack, Narrator(4), tmp_path) as tour:
        await with_google(tour)
        rule = {"service": "google-revoke", "status": 400, "error": "invalid_token"}
        await tour.outlook.ask("POST", "faults", json=rule)
        with pytest.raises(Unseen, match="The grant must be taken back"):
            await connecting.disconnect(tour)
