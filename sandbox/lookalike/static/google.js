// Google accounts: from and to the JSON of Google's events. The shapes of events and drafts are told
// in outlook.js.

import { ask, path } from "./control.js";
import { isoOf } from "./zone.js";

const at = (address, ...more) => `/google/accounts${path(address, ...more)}`;
const inside = (event) => ({ calendar: event.calendar.id });
const WRITERS = ["writerWithoutPrivateAccess", "writer", "owner"];

export const google = {
  showAs: ["busy", "tentative", "free"],

  version: (address) => ask("GET", at(address, "version")),

  async calendars(address) {
    const { value } = await ask("GET", at(address, "calendars"));
    return value.map(({ id, summary, summaryOverride, primary, owner, accessRole }) => {
      const name = primary ? "Calendar" : (summaryOverride ?? summary);
      return { id, name, owner, canEdit: WRITERS.includes(accessRole), own: owner === address };
    });
  },

  async events(address, calendar, start, end) {
    const window = { start: iso(start), end: iso(end) };
    const query = { calendar: calendar.id, ...window, asSeen: 1 };
    const { value } = await ask("GET", at(address, "events"), { query });
    return value.map((item) => fromGoogle(item, calendar));
  },

  async event(address, id, calendar) {
    const query = { calendar: calendar.id };
    return fromGoogle(await ask("GET", at(address, "events", id), { query }), calendar);
  },

  create(address, calendar, draft, zone) {
    const body = toGoogle(draft, zone);
    if (draft.invitedBy) {
      body.organizer = { email: draft.invitedBy };
      body.attendees = [{ email: address }];
    }
    return ask("POST", at(address, "events"), { query: { calendar: calendar.id }, body });
  },

  change(address, event, draft, zone) {
    const body = toGoogle(draft, zone);
    return ask("PATCH", at(address, "events", event.id), { query: inside(event), body });
  },

  remove: (address, event) =>
    ask("DELETE", at(address, "events", event.id), { query: inside(event) }),

  respond(address, event, answer) {
    const to = at(address, "events", event.id, "respond");
    return ask("POST", to, { query: inside(event), body: { response: answer } });
  },

  move(address, event, calendar) {
    const body = { calendar: calendar.id };
    return ask("POST", at(address, "events", event.id, "move"), { query: inside(event), body });
  },
};

const iso = (instant) => new Date(instant).toISOString();

function fromGoogle(item, calendar) {
  const me = item.attendees?.find((one) => one.self);
  const invited = Boolean(me) && !item.organizer?.self;
  return {
    key: `${calendar.id} ${item.id}`,
    id: item.id,
    seriesId: item.recurringEventId ?? null,
    calendar,
    subject: item.summary ?? ("creator" in item ? "" : "Busy"),
    ...timesOf(item),
    showAs: shownAs(item),
    private: item.visibility === "private" || item.visibility === "confidential",
    cancelled: item.status === "cancelled",
    invited,
    response: invited ? me.responseStatus.replace("needsAction", "none") : null,
    guests: (item.attendees ?? []).map((one) => one.email),
    fixed: invited && !item.guestsCanModify,
  };
}

function shownAs({ transparency, status }) {
  if (transparency === "transparent") return "free";
  return status === "tentative" ? "tentative" : "busy";
}

function timesOf({ start, end }) {
  if (start.date) return { allDay: true, firstDay: start.date, endDay: end.date };
  return { allDay: false, start: Date.parse(start.dateTime), end: Date.parse(end.dateTime) };
}

function toGoogle(draft, zone) {
  const body = {};
  if ("subject" in draft) body.summary = draft.subject;
  if ("private" in draft) body.visibility = draft.private ? "private" : "default";
  if ("showAs" in draft) {
    body.transparency = draft.showAs === "free" ? "transparent" : "opaque";
    body.status = draft.showAs === "tentative" ? "tentative" : "confirmed";
  }
  if ("allDay" in draft) Object.assign(body, writtenTimes(draft, zone));
  if (draft.repeat) {
    body.recurrence = [`RRULE:FREQ=${draft.repeat.every.toUpperCase()};COUNT=${draft.repeat.times}`];
  }
  return body;
}

// The members of the other kind are taken away, or a PATCH would leave an event with both.
function writtenTimes(draft, zone) {
  const whole = (date) => ({ date, dateTime: null, timeZone: null });
  const timed = (instant) => ({ date: null, dateTime: isoOf(instant, zone), timeZone: zone });
  if (draft.allDay) return { start: whole(draft.firstDay), end: whole(draft.endDay) };
  return { start: timed(draft.start), end: timed(draft.end) };
}
