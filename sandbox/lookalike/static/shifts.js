// The times that a gesture gives an event. All in whole days and quarters of an hour of the wall
// clock; what an event lasts stays true over a change of the clocks.

import { addDays } from "./days.js";
import { instantOf, wallOf } from "./zone.js";

const QUARTER = 15;
const LAST_START = 1440 - QUARTER;
const MINUTE = 60_000;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const snapped = (minute) => Math.round(minute / QUARTER) * QUARTER;

/** The event so many days and minutes later; minutes of less than half a quarter do not count. */
export function movedBy(event, days, minutes, zone) {
  const { day, minute } = wallOf(event.start, zone);
  const stays = Math.abs(minutes) < QUARTER / 2;
  const target = stays ? minute : clamp(snapped(minute + minutes), 0, LAST_START);
  const start = instantOf(addDays(day, days), target, zone);
  return { allDay: false, start, end: start + (event.end - event.start) };
}

/** A bar of the all-day row so many days later. */
export function movedByDays(event, days, zone) {
  if (event.allDay) {
    const [firstDay, endDay] = [event.firstDay, event.endDay].map((day) => addDays(day, days));
    return { allDay: true, firstDay, endDay };
  }
  const [start, end] = [event.start, event.end].map((instant) => {
    const { day, minute } = wallOf(instant, zone);
    return instantOf(addDays(day, days), minute, zone);
  });
  return { allDay: false, start, end };
}

/** The event with its end at a minute of a day, at least a quarter of an hour after its start. */
export function endingAt(event, day, minute, zone) {
  const end = instantOf(day, clamp(snapped(minute), 0, 1440), zone);
  return { allDay: false, start: event.start, end: Math.max(end, event.start + QUARTER * MINUTE) };
}

/** The quarters between two minutes of a day, in whichever order they are. */
export function spanOf(day, one, other, zone) {
  const from = Math.floor(Math.min(one, other) / QUARTER) * QUARTER;
  const to = Math.ceil(Math.max(one, other) / QUARTER) * QUARTER;
  const start = instantOf(day, clamp(from, 0, LAST_START), zone);
  const end = instantOf(day, clamp(to, 0, 1440), zone);
  return { allDay: false, start, end: Math.max(end, start + QUARTER * MINUTE) };
}
