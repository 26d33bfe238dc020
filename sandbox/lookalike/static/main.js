// The page: binds its controls and keeps it up to date.

import { acts, retime } from "./acts.js";
import { SILENT } from "./control.js";
import { addDays } from "./days.js";
import { openDialog, prepareDialog } from "./dialog.js";
import { byId, element } from "./elements.js";
import { placeOf, watchGestures } from "./gestures.js";
import { listMailboxes } from "./mailboxes.js";
import { readPlace } from "./place.js";
import { keepLooking } from "./poll.js";
import { spanOf } from "./shifts.js";
import { busy, days, distrust, draw, drawTime, enter, eventOf } from "./view.js";
import { hear, refresh, today, view } from "./view.js";
import { drawAxis } from "./week.js";

const MORNING = 7 * 60 - 12;
const NINE = 9 * 60;
const CHANGES_SAID_FOR = 5000;
let mailboxes = [];

/** Say something, or nothing any more; for a while only, if so many milliseconds are given. */
function say(text, lasting = 0) {
  byId("status").textContent = text;
  if (!lasting) return;
  setTimeout(() => byId("status").textContent === text && say(""), lasting);
}

/** Await `work` and say what it throws. */
async function saying(work) {
  try {
    say("");
    await work();
  } catch (error) {
    say(error.message);
  }
}

function edit(event) {
  open({ event });
}

function create(times) {
  if (!byId("new").disabled) open({ times });
}

function open(what) {
  const { mailbox, calendars, zone } = view;
  openDialog({ ...what, calendars, zone, provider: mailbox.provider, acts });
}

async function look() {
  const { mailbox } = view;
  const told = await mailbox.provider.version(mailbox.address);
  return { mailbox, told };
}

async function heard({ mailbox, told }) {
  if (mailbox !== view.mailbox || busy()) return;
  if (byId("status").textContent === SILENT) say("");
  if (hear(told)) {
    const changes = await refresh({ highlight: true });
    if (changes) say(`${changes} ${changes === 1 ? "event" : "events"} changed`, CHANGES_SAID_FOR);
  }
  drawTime();
}

function bindControls() {
  byId("mailbox").addEventListener("change", () => saying(() => enter(chosen())));
  byId("today").addEventListener("click", () => go(today()));
  byId("previous").addEventListener("click", () => go(addDays(view.day, -days().length)));
  byId("next").addEventListener("click", () => go(addDays(view.day, days().length)));
  byId("goto").addEventListener("change", ({ target }) => target.value && go(target.value));
  byId("new").addEventListener("click", () => {
    const day = days().includes(today()) ? today() : days()[0];
    create(spanOf(day, NINE, NINE + 60, view.zone));
  });
  addEventListener("hashchange", () => saying(follow));
}

function bindWeek() {
  const context = () => ({ days: days(), zone: view.zone, eventOf });
  watchGestures({
    context,
    done: (event, times) => saying(() => retime(event, times)),
    made: create,
    over: draw,
  });
  byId("week").addEventListener("click", ({ target }) => {
    const event = eventOf(target.closest("[data-key]")?.dataset.key);
    if (event) edit(event);
  });
  byId("week").addEventListener("dblclick", (click) => {
    const { day, minute } = placeOf(click, days());
    if (click.target.id === "bars") {
      create({ allDay: true, firstDay: day, endDay: addDays(day, 1) });
    } else if (click.target.classList.contains("column")) {
      const from = Math.floor(minute / 15) * 15;
      create(spanOf(day, from, Math.min(from + 30, 1440), view.zone));
    }
  });
}

function go(day) {
  view.day = day;
  saying(refresh);
}

const chosen = () => mailboxes.find(({ key }) => key === byId("mailbox").value);

/** Go where the address says: a mailbox, a day. */
async function follow() {
  const { mailbox, day } = readPlace();
  const wanted = mailboxes.find((one) => one.key === mailbox && one.usable);
  view.day = day ?? view.day;
  const target = wanted ?? view.mailbox ?? mailboxes.find(({ usable }) => usable);
  byId("mailbox").value = target.key;
  await enter(target);
}

function offerMailboxes() {
  const groups = [...new Set(mailboxes.map(({ group }) => group))].map((label) => {
    const mine = mailboxes.filter(({ group }) => group === label);
    const options = mine.map(({ key, name, address, usable }) => {
      const textContent = `${name} – ${address}${usable ? "" : " (no calendar)"}`;
      return element("option", { value: key, disabled: !usable, textContent });
    });
    return element("optgroup", { label }, ...options);
  });
  byId("mailbox").replaceChildren(...groups);
}

async function begin() {
  mailboxes = await listMailboxes();
  offerMailboxes();
  await follow();
  const hours = byId("axis").getBoundingClientRect().height / 1440;
  byId("week").scrollTop = MORNING * hours;
  keepLooking(look, heard, (error) => {
    distrust();
    say(error.message);
  });
}

drawAxis();
prepareDialog();
bindControls();
bindWeek();
saying(begin);
