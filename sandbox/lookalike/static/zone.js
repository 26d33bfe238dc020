// Instants (milliseconds since 1970) and what a clock on the wall of a time zone shows at them:
// {day: "2027-03-01", minute: 0 to 1439}.

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const formats = new Map();

function formatOf(zone) {
  if (!formats.has(zone)) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit" };
    const more = { minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone };
    formats.set(zone, new Intl.DateTimeFormat("en-US", { ...parts, ...more }));
  }
  return formats.get(zone);
}

/** Milliseconds by which the zone is ahead of UTC at an instant. */
export function offsetOf(instant, zone) {
  const found = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) found[type] = Number(value);
  const { year, month, day, hour, minute, second } = found;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  return shown - Math.floor(instant / 1000) * 1000;
}

/** The wall clock at an instant. */
export function wallOf(instant, zone) {
  const shifted = new Date(instant + offsetOf(instant, zone));
  const day = shifted.toISOString().slice(0, 10);
  return { day, minute: shifted.getUTCHours() * 60 + shifted.getUTCMinutes() };
}

/**
 * The instant at which the wall clock shows a day and minute. Of an hour that comes twice the first
 * is meant; one that is left out gives the instant as if the clock had not been put forward.
 */
export function instantOf(day, minute, zone) {
  const wall = Date.parse(`${day}T00:00:00Z`) + minute * MINUTE;
  const before = offsetOf(wall - DAY, zone);
  for (const offset of [before, offsetOf(wall + DAY, zone)]) {
    if (offsetOf(wall - offset, zone) === offset) return wall - offset;
  }
  return wall - before;
}

/** ISO 8601 with the zone's offset, such as 2027-03-01T09:00:00+01:00. */
export function isoOf(instant, zone) {
  const offset = offsetOf(instant, zone);
  const shown = new Date(instant + offset).toISOString().slice(0, 19);
  const minutes = Math.abs(offset) / MINUTE;
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  return `${shown}${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
