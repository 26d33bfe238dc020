// Outlook mailboxes: from and to Graph's JSON.
//
// An event: {key, id, seriesId, calendar, subject, allDay, start, end (instants) or firstDay, endDay
// (half-open), showAs, private, cancelled, invited, response, guests, fixed}. A draft holds those of
// its members that are to be written; times come together, as {allDay, start, end} or {allDay,
// firstDay, endDay}; `repeat` is {every, times}.

import { ask, path } from "./control.js";
import { weekdayWord } from "./days.js";
import { isoOf, wallOf } from "./zone.js";

const at = (address, ...more) => `/mailboxes${path(address, ...more)}`;
const inside = (event) => ({ calendar: event.calendar.id });
const ANSWERS = { accepted: "accept", tentative: "tentativelyAccept", declined: "decline" };
const RESPONSES = { tentativelyAccepted: "tentative", notResponded: "none", none: "none" };

export const outlook = {
  showAs: ["busy", "tentative", "free", "oof", "workingElsewhere"],

  version: (address) => ask("GET", at(address, "version")),

  async calendars(address) {
    const { value } = await ask("GET", at(address, "calendars"));
    return value.map(({ id, name, owner, canEdit }) => {
      return { id, name, owner, canEdit, own: owner === address };
    });
  },

  async events(address, calendar, start, end) {
    const query = { calendar: calendar.id, start: iso(start), end: iso(end) };
    const { value } = await ask("GET", at(address, "events"), { query });
    return value.map((item) => fromGraph(item, calendar));
  },

  async event(address, id, calendar) {
    const query = { calendar: calendar.id };
    return fromGraph(await ask("GET", at(address, "events", id), { query }), calendar);
  },

  create(address, calendar, draft, zone) {
    const body = toGraph(draft, zone);
    if (draft.invitedBy) body.organizer = { name: draft.invitedBy, address: draft.invitedBy };
    return ask("POST", at(address, "events"), { query: { calendar: calendar.id }, body });
  },

  change(address, event, draft, zone) {
    const body = toGraph(draft, zone);
    return ask("PATCH", at(address, "events", event.id), { query: inside(event), body });
  },

  remove: (address, event) =>
    ask("DELETE", at(address, "events", event.id), { query: inside(event) }),

  respond(address, event, answer) {
    const to = at(address, "events", event.id, ANSWERS[answer]);
    return ask("POST", to, { query: inside(event), body: {} });
  },

  move: (address, event, calendar) =>
    ask("POST", at(address, "events", event.id, "move"), { body: { calendar: calendar.id } }),
};

const iso = (instant) => new Date(instant).toISOString();

function fromGraph(item, calendar) {
  const { response } = item.responseStatus;
  return {
    key: `${calendar.id} ${item.id}`,
    id: item.id,
    seriesId: item.seriesMasterId,
    calendar,
    subject: item.subject,
    ...timesOf(item),
    showAs: item.showAs,
    private: item.sensitivity === "private",
    cancelled: item.isCancelled,
    invited: !item.isOrganizer && calendar.own,
    response: item.isOrganizer ? null : (RESPONSES[response] ?? response),
    guests: item.attendees.map((one) => one.emailAddress.address),
    fixed: false,
  };
}

function timesOf({ isAllDay, start, end }) {
  const day = (time) => time.dateTime.slice(0, 10);
  const instant = (time) => Date.parse(`${time.dateTime.slice(0, 23)}Z`);
  if (isAllDay) return { allDay: true, firstDay: day(start), endDay: day(end) };
  return { allDay: false, start: instant(start), end: instant(end) };
}

function toGraph(draft, zone) {
  const body = {};
  if ("subject" in draft) body.subject = draft.subject;
  if ("showAs" in draft) body.showAs = draft.showAs;
  if ("private" in draft) body.sensitivity = draft.private ? "private" : "normal";
  if ("allDay" in draft) Object.assign(body, writtenTimes(draft, zone));
  if (draft.repeat) body.recurrence = recurrenceOf(draft, zone);
  return body;
}

function writtenTimes(draft, zone) {
  const time = (dateTime) => ({ dateTime, timeZone: zone });
  const [start, end] = draft.allDay
    ? [`${draft.firstDay}T00:00:00`, `${draft.endDay}T00:00:00`]
    : [isoOf(draft.start, zone), isoOf(draft.end, zone)];
  return { isAllDay: draft.allDay, start: time(start), end: time(end) };
}

function recurrenceOf(draft, zone) {
  const day = draft.allDay ? draft.firstDay : wallOf(draft.start, zone).day;
  const weekly = { daysOfWeek: [weekdayWord(day)], firstDayOfWeek: "monday" };
  const pattern = { type: draft.repeat.every, interval: 1 };
  return {
    pattern: draft.repeat.every === "weekly" ? { ...pattern, ...weekly } : pattern,
    range: {
      type: "numbered",
      startDate: day,
      numberOfOccurrences: draft.repeat.times,
      recurrenceTimeZone: zone,
    },
  };
}
