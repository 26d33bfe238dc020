// Where events stand: bars in the all-day row, blocks in the columns of the days. Nothing here
// touches the page.

import { addDays, daysBetween } from "./days.js";
import { wallOf } from "./zone.js";

const WHOLE_DAY = 1440;
const SHORTEST = 15;
const HOURS_24 = 86_400_000;

/** Whether an event is drawn in the all-day row: whole days, and what lasts a day or longer. */
export function isBar(event) {
  return event.allDay || event.end - event.start >= HOURS_24;
}

/** First and last day, and the minutes at which it begins on the one and ends on the other. */
export function reachOf(event, zone) {
  if (event.allDay) {
    return { first: event.firstDay, from: 0, last: addDays(event.endDay, -1), to: WHOLE_DAY };
  }
  const [start, end] = [wallOf(event.start, zone), wallOf(event.end, zone)];
  const atMidnight = end.minute === 0 && end.day > start.day;
  const last = atMidnight ? addDays(end.day, -1) : end.day;
  const to = atMidnight ? WHOLE_DAY : end.minute;
  return { first: start.day, from: start.minute, last, to };
}

/** Bars: {event, from, to (columns, half-open), lane, before, after (it goes on there)}. */
export function barsOf(events, days, zone) {
  const bars = events.filter(isBar).map((event) => barOf(event, days, zone));
  const shown = bars.filter((bar) => bar.from < bar.to);
  shown.sort((a, b) => a.from - b.from || b.to - a.to || byTime(a.event, b.event));
  const ends = [];
  for (const bar of shown) {
    const free = ends.findIndex((end) => end <= bar.from);
    bar.lane = free < 0 ? ends.length : free;
    ends[bar.lane] = bar.to;
  }
  return shown;
}

function barOf(event, days, zone) {
  const { first, last } = reachOf(event, zone);
  const from = daysBetween(days[0], first);
  const to = daysBetween(days[0], last) + 1;
  const edges = { before: from < 0, after: to > days.length };
  return { event, from: Math.max(from, 0), to: Math.min(to, days.length), lane: 0, ...edges };
}

/**
 * Blocks: {event, column (of the days), top, bottom (minutes), place, places, begins, ends}.
 * Blocks that overlap share the width of the day: each stands in one of `places`.
 */
export function blocksOf(events, days, zone) {
  const timed = events.filter((event) => !isBar(event));
  return days.flatMap((day, column) => {
    const blocks = timed.map((event) => blockOf(event, day, zone)).filter(Boolean);
    blocks.sort((a, b) => a.top - b.top || b.bottom - a.bottom || byTime(a.event, b.event));
    share(blocks);
    return blocks.map((block) => ({ ...block, column }));
  });
}

function blockOf(event, day, zone) {
  const { first, from, last, to } = reachOf(event, zone);
  if (day < first || day > last) return null;
  const begins = day === first;
  const ends = day === last;
  const top = Math.min(begins ? from : 0, WHOLE_DAY - SHORTEST);
  const bottom = Math.max(ends ? to : WHOLE_DAY, top + SHORTEST);
  return { event, top, bottom, begins, ends };
}

/** Give each block its place beside the others of its cluster. */
function share(blocks) {
  let cluster = [];
  let until = 0;
  for (const block of blocks) {
    if (block.top >= until) {
      settle(cluster);
      cluster = [];
    }
    cluster.push(block);
    until = Math.max(until, block.bottom);
  }
  settle(cluster);
}

function settle(cluster) {
  const ends = [];
  for (const block of cluster) {
    const free = ends.findIndex((end) => end <= block.top);
    block.place = free < 0 ? ends.length : free;
    ends[block.place] = block.bottom;
  }
  for (const block of cluster) block.places = ends.length;
}

function byTime(a, b) {
  return (a.start ?? 0) - (b.start ?? 0) || (a.subject < b.subject ? -1 : 1);
}
