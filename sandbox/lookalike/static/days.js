// Calendar days as text ("2027-03-01"), and how days and minutes are written for people.

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  ..."January February March April May June".split(" "),
  ..."July August September October November December".split(" "),
];
const DAY = 86_400_000;

const parsed = (day) => new Date(`${day}T00:00:00Z`);
const short = (word) => word.slice(0, 3);

/** The day so many days later. */
export function addDays(day, count) {
  return new Date(parsed(day).getTime() + count * DAY).toISOString().slice(0, 10);
}

/** How many days one day is after another. */
export function daysBetween(first, second) {
  return Math.round((parsed(second) - parsed(first)) / DAY);
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(day) {
  return (parsed(day).getUTCDay() + 6) % 7;
}

/** The Monday of the week. */
export function mondayOf(day) {
  return addDays(day, -weekdayOf(day));
}

/** "monday" to "sunday". */
export function weekdayWord(day) {
  return WEEKDAYS[weekdayOf(day)].toLowerCase();
}

/** "Mon 3 Mar" */
export function shortDay(day) {
  const date = parsed(day);
  const weekday = short(WEEKDAYS[weekdayOf(day)]);
  return `${weekday} ${date.getUTCDate()} ${short(MONTHS[date.getUTCMonth()])}`;
}

/** "1 – 7 March 2027", with as much of the first day as differs. */
export function spanTitle(first, last) {
  const [a, b] = [parsed(first), parsed(last)];
  const year = a.getUTCFullYear() === b.getUTCFullYear() ? "" : ` ${a.getUTCFullYear()}`;
  const sameMonth = !year && a.getUTCMonth() === b.getUTCMonth();
  const head = sameMonth ? "" : ` ${MONTHS[a.getUTCMonth()]}${year}`;
  const tail = `${b.getUTCDate()} ${MONTHS[b.getUTCMonth()]} ${b.getUTCFullYear()}`;
  return `${a.getUTCDate()}${head} – ${tail}`;
}

/** "09:00"; the end of a day is "24:00". */
export function clock(minute) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** The minute of "09:00". */
export function minuteOf(text) {
  const [hours, minutes] = text.split(":").map(Number);
  return hours * 60 + minutes;
}
