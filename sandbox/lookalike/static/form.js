// The fields of the dialog: filled from an event or a draft, read as a draft of what was changed.

import { addDays, clock, minuteOf } from "./days.js";
import { element } from "./elements.js";
import { instantOf, wallOf } from "./zone.js";

const HALF_HOUR = 1_800_000;

/** Fill the fields besides the times; without an event with what a new one has. */
export function fill(form, { subject = "", showAs = "busy", private: hidden = false }) {
  const fields = form.elements;
  fields.subject.value = subject;
  fields.showAs.value = showAs;
  fields.private.checked = hidden;
}

/** Put times, {allDay, start, end} or {allDay, firstDay, endDay}, into the fields. */
export function fillTimes(form, times, zone) {
  const { allDay, start, end } = form.elements;
  allDay.checked = times.allDay;
  for (const field of [start, end]) field.type = times.allDay ? "date" : "datetime-local";
  start.value = times.allDay ? times.firstDay : written(times.start, zone);
  end.value = times.allDay ? addDays(times.endDay, -1) : written(times.end, zone);
}

/** The times alone of an event or draft. */
export function timesOf({ allDay, start, end, firstDay, endDay }) {
  return allDay ? { allDay, firstDay, endDay } : { allDay, start, end };
}

/** The times in the fields; null where they make no sense. */
export function readTimes(form, zone) {
  const { allDay, start, end } = form.elements;
  if (!start.value || !end.value || end.value < start.value) return null;
  if (allDay.checked) {
    return { allDay: true, firstDay: start.value, endDay: addDays(end.value, 1) };
  }
  return { allDay: false, start: moment(start.value, zone), end: moment(end.value, zone) };
}

/** The same times of the other kind: the whole days they touch, or half an hour from nine. */
export function otherKind(times, zone) {
  if (times.allDay) {
    const start = instantOf(times.firstDay, 9 * 60, zone);
    return { allDay: false, start, end: start + HALF_HOUR };
  }
  const firstDay = wallOf(times.start, zone).day;
  const last = wallOf(Math.max(times.end - 1, times.start), zone).day;
  return { allDay: true, firstDay, endDay: addDays(last, 1) };
}

/** What the fields say that the event does not. Times that look alike are left out. */
export function draftOf(form, event, zone, filledTimes) {
  const { subject, showAs, private: hidden, every, times, invitedBy } = form.elements;
  const all = { subject: subject.value.trim(), showAs: showAs.value, private: hidden.checked };
  const names = Object.keys(all).filter((name) => !event || all[name] !== event[name]);
  const draft = Object.fromEntries(names.map((name) => [name, all[name]]));
  const repeat = every.value && { every: every.value, times: Number(times.value) };
  if (repeat) draft.repeat = repeat;
  if (!event && invitedBy.value) draft.invitedBy = invitedBy.value.trim();
  if (!event || repeat || changed(form, filledTimes, zone)) {
    Object.assign(draft, changed(form, filledTimes, zone) ? readTimes(form, zone) : filledTimes);
  }
  return draft;
}

/** Give a list of {value, text} to a select. */
export function choices(select, options, chosen) {
  select.replaceChildren(...options.map(({ value, text }) => element("option", { value }, text)));
  select.value = chosen;
}

function changed(form, times, zone) {
  const { allDay, start, end } = form.elements;
  if (allDay.checked !== times.allDay) return true;
  if (times.allDay) return start.value !== times.firstDay || addDays(end.value, 1) !== times.endDay;
  return start.value !== written(times.start, zone) || end.value !== written(times.end, zone);
}

function written(instant, zone) {
  const { day, minute } = wallOf(instant, zone);
  return `${day}T${clock(minute)}`;
}

function moment(text, zone) {
  const [day, time] = text.split("T");
  return instantOf(day, minuteOf(time), zone);
}
