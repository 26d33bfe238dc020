// Which events are new or look different than before, so that they can be highlighted for a while.

const SHOWN_FOR = 3000;
const until = new Map();

/** Note what differs between two lists of events; gives how many. */
export function noteFresh(before, after) {
  const known = new Map(before.map((event) => [event.key, looks(event)]));
  const found = after.filter((event) => known.get(event.key) !== looks(event));
  for (const { key } of found) until.set(key, Date.now() + SHOWN_FOR);
  const kept = new Set(after.map(({ key }) => key));
  return found.length + before.filter(({ key }) => !kept.has(key)).length;
}

/** The keys to highlight now. */
export function freshKeys() {
  for (const [key, end] of until) if (end < Date.now()) until.delete(key);
  return new Set(until.keys());
}

function looks({ calendar, ...event }) {
  return JSON.stringify([calendar.id, event]);
}
