// What an event is called for people who cannot see where it stands.

import { addDays, clock, shortDay } from "./days.js";
import { wallOf } from "./zone.js";

/** "Subject, Mon 3 Mar, 09:00 to 10:00"; "Subject, Mon 3 Mar to Wed 5 Mar, all day". */
export function eventName(event, zone) {
  return `${event.subject || "(no subject)"}, ${whenOf(event, zone)}`;
}

/** When an event is, without its subject. */
export function whenOf(event, zone) {
  if (event.allDay) {
    const last = addDays(event.endDay, -1);
    const days = last === event.firstDay ? "" : ` to ${shortDay(last)}`;
    return `${shortDay(event.firstDay)}${days}, all day`;
  }
  const [start, end] = [wallOf(event.start, zone), wallOf(event.end, zone)];
  const lastDay = end.day === start.day ? "" : `${shortDay(end.day)}, `;
  return `${shortDay(start.day)}, ${clock(start.minute)} to ${lastDay}${clock(end.minute)}`;
}

/** All else there is to say: calendar, show as, private, answer. */
export function remarksOn(event) {
  const said = [event.calendar.name, SHOWN[event.showAs] ?? event.showAs];
  if (event.private) said.push("private");
  if (event.seriesId) said.push("repeats");
  if (event.cancelled) said.push("cancelled by the organizer");
  else if (event.response) said.push(RESPONSES[event.response] ?? event.response);
  if (!event.calendar.canEdit) said.push("read only");
  return said.join(", ");
}

export const SHOWN = {
  free: "Free",
  tentative: "Tentative",
  busy: "Busy",
  oof: "Away",
  workingElsewhere: "Working elsewhere",
};
const RESPONSES = {
  none: "invitation, not answered",
  accepted: "accepted",
  tentative: "accepted tentatively",
  declined: "declined",
};
