// What a change of one occurrence's times means for its whole series.

import { Refused } from "./control.js";
import { addDays, daysBetween } from "./days.js";
import { reachOf } from "./layout.js";
import { instantOf, wallOf } from "./zone.js";

/**
 * The draft for the series of `occurrence`: `draft` with its times put on the first day of
 * `master`. Days stay as they are; another day is refused.
 */
export function seriesDraft(draft, occurrence, master, zone) {
  if (!("allDay" in draft)) return draft;
  const day = reachOf(master, zone).first;
  const wanted = draft.allDay ? draft.firstDay : wallOf(draft.start, zone).day;
  if (wanted !== reachOf(occurrence, zone).first) {
    throw new Refused("A whole series stays on its days. Choose “This one” to move one of them.");
  }
  if (draft.allDay) {
    const length = daysBetween(draft.firstDay, draft.endDay);
    return { ...draft, firstDay: day, endDay: addDays(day, length) };
  }
  const start = instantOf(day, wallOf(draft.start, zone).minute, zone);
  return { ...draft, start, end: start + (draft.end - draft.start) };
}
