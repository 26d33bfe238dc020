// The one mailbox that is looked at: its calendars, the events of the days shown, and what changed.

import { drawCalendars } from "./calendar-list.js";
import { addDays, mondayOf, spanTitle } from "./days.js";
import { byId } from "./elements.js";
import { freshKeys, noteFresh } from "./fresh.js";
import { gestureRunning } from "./gestures.js";
import { writePlace } from "./place.js";
import { drawNow, drawWeek } from "./week.js";
import { instantOf, wallOf } from "./zone.js";

const COLOURS = 6;
const narrow = matchMedia("(max-width: 760px)");

export const view = {
  mailbox: null,
  zone: "UTC",
  ahead: 0,
  day: null,
  calendars: [],
  events: [],
  hidden: new Set(),
  version: null,
};
let asked = 0;
let shownFor = null;
let drawn = null;
let writing = 0;
narrow.addEventListener("change", () => view.mailbox && refresh());

/** The days shown: the week of `view.day`, on a narrow page three days from it. */
export function days() {
  const first = narrow.matches ? view.day : mondayOf(view.day);
  return Array.from({ length: narrow.matches ? 3 : 7 }, (_, index) => addDays(first, index));
}

/** Today in the mailbox's zone, by the sandbox's clock. */
export const today = () => wallOf(now(), view.zone).day;

/** An event by its key, with whether it may be moved. */
export const eventOf = (key) => view.events.find((event) => event.key === key);

/** Go to a mailbox; the day stays. */
export async function enter(mailbox) {
  Object.assign(view, { mailbox, calendars: [], events: [], hidden: new Set(), version: null });
  byId("new").disabled = true;
  hear(await mailbox.provider.version(mailbox.address));
  byId("zone").textContent = view.zone;
  view.day ??= today();
  await refresh();
}

/** Hold what is shown for out of date, so that the next look reads it again. */
export function distrust() {
  view.version = null;
}

/** Take in what the sandbox tells of the mailbox; whether it looks different than before. */
export function hear({ version, now: instant, timeZone }) {
  const changed = version !== view.version;
  Object.assign(view, { version, zone: timeZone, ahead: Date.parse(instant) - Date.now() });
  return changed;
}

/** Whether this page is writing; what the sandbox tells meanwhile may be of the page's own doing. */
export const busy = () => writing > 0;

/** Await a write of this page and show what came of it, without highlighting it. */
export async function written(write) {
  writing += 1;
  try {
    await write;
  } finally {
    await catchUp().finally(() => (writing -= 1));
  }
}

async function catchUp() {
  const { mailbox } = view;
  const told = await mailbox.provider.version(mailbox.address);
  if (mailbox !== view.mailbox) return;
  hear(told);
  await refresh();
}

/** Read everything again and draw it. `highlight` marks what differs; gives how many that are. */
export async function refresh({ highlight = false } = {}) {
  const turn = ++asked;
  const { mailbox, zone } = view;
  const [first, last] = [days()[0], days().at(-1)];
  const [start, end] = [instantOf(first, 0, zone), instantOf(addDays(last, 1), 0, zone)];
  const { provider, address } = mailbox;
  const calendars = (await provider.calendars(address)).map((calendar, index) => {
    return { ...calendar, colour: index % COLOURS };
  });
  const read = calendars.map((calendar) => provider.events(address, calendar, start, end));
  const events = (await Promise.all(read)).flat().map(withRights);
  if (turn !== asked) return 0;
  const place = `${mailbox.key} ${first} ${last}`;
  const changes = highlight && place === shownFor ? noteFresh(view.events, events) : 0;
  shownFor = place;
  Object.assign(view, { calendars, events });
  draw();
  return changes;
}

/** Draw what is known, unless something is being dragged. */
export function draw() {
  if (gestureRunning() || !view.mailbox) return;
  const shown = days();
  const events = view.events.filter(({ calendar }) => !view.hidden.has(calendar.id));
  const fresh = freshKeys();
  const looks = JSON.stringify([shown, view.calendars, events, view.zone, [...fresh]]);
  if (looks !== drawn) {
    drawCalendars(view.calendars, view.hidden, toggle);
    drawWeek({ days: shown, events, zone: view.zone, fresh });
    drawn = looks;
  }
  byId("new").disabled = !view.calendars.some(({ canEdit }) => canEdit);
  byId("span").textContent = spanTitle(shown[0], shown.at(-1));
  byId("goto").value = view.day;
  writePlace({ mailbox: view.mailbox.key, day: view.day });
  drawTime();
}

/** Put the line of now where it belongs. */
export const drawTime = () => drawNow(now(), view.zone);

const now = () => Date.now() + view.ahead;

function toggle(id, shown) {
  if (shown) view.hidden.delete(id);
  else view.hidden.add(id);
  draw();
}

function withRights(event) {
  return { ...event, movable: event.calendar.canEdit && !event.fixed };
}
