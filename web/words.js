// What codes and states are called on the page.

const PROVIDERS = { outlook: "Outlook", google: "Google" };

export const providerName = (provider) => PROVIDERS[provider] ?? provider;

const STATES = {
  connected: ["good", "Connected"],
  syncing: ["busy", "Reading your calendars"],
  degraded: ["warn", "Has a problem"],
  reconnect_required: ["bad", "Sign in again"],
};

export const state = (status) => STATES[status] ?? ["", status];

const READINGS = {
  current: ["good", "Up to date"],
  first_read: ["busy", "Being read for the first time"],
  stale: ["warn", "Not read lately"],
  unreadable: ["bad", "Cannot be read"],
};

export const reading = (status) => READINGS[status] ?? ["", status];

const PROBLEMS = {
  reconnect_required: "The account must be signed in to again. Time that cannot be read until then counts as busy.",
  permissions_missing: "Not all permissions were given. Connect again and accept all of them.",
  administrator_needed: "An administrator of your organisation must allow this app or your account.",
  calendar_gone: "A chosen calendar is not there any more. Choose another one.",
  calendar_forbidden: "A chosen calendar may not be read any more. Ask its owner to share it again, or choose another one.",
  no_mailbox: "The account has no mailbox in the cloud any more.",
  parked: "A calendar cannot be read, again and again. We go on trying; the people who run this service are told.",
  first_read_running: "The calendar is being read for the first time.",
  not_read_in_time: "The calendar was not read for too long.",
  no_push_channel: "The provider does not tell us of changes at present. The calendar is looked at every few minutes instead.",
  mass_deletion_held: "Very many events are missing all at once. They still block time until a second reading says the same.",
  outside_synced_window: "This time is outside of what is read.",
  not_connected: "The account of this calendar is not connected.",
};

export const problemText = (code) => PROBLEMS[code] ?? "Something keeps this calendar from being read. We go on trying.";

// Which of them end once another calendar is chosen.
export const CHOOSE_ANOTHER = new Set(["calendar_gone", "calendar_forbidden"]);

const BLOCKS = {
  busy: "busy",
  tentative: "tentative",
  outOfOffice: "out of office",
  workingElsewhere: "working elsewhere",
};

// Why a stretch of time is blocked: by what the event says, or by what is not known.
export const blockText = (reason) => BLOCKS[reason] ?? reading(reason)[1].toLowerCase();

const SYNC = {
  pending: "It is being written to the calendar.",
  synced: "It is written to the calendar.",
  not_synced: "It is not written to a calendar.",
  failed: "It could not be written to the calendar.",
};

export const syncText = (state) => SYNC[state] ?? state;

export const PUSH = {
  active: "told at once",
  refused: "slower: looked at every few minutes",
  none: "looked at every few minutes",
};

export const SLOWER = "We are not told of changes in some of its calendars: these are looked at every few minutes.";

// What the API says to an admin who wants to keep something for such an agent (R9).
export const AGENT_NOT_CONNECTED =
  "This agent has not connected an account yet. Only the agent can, under My Profile › Integrations; after that you can choose the calendars here.";

export const SERIES = {
  first:
    "Only the first event of a recurring series blocks time. It follows the series when that is moved or deleted as a whole; changes to single events of the series do not come back. You can be booked over the later events of a series.",
  every:
    "Every event of a recurring series blocks time, for as far ahead as calendars are read, and every change to one of them counts. You are not booked over any of them.",
};

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const zoneName = () => zone.replaceAll("_", " ");

export function moment(text) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

export const span = ({ start, end }) =>
  new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).formatRange(new Date(start), new Date(end));

export const counted = (number, one) => `${number} ${number === 1 ? one : `${one}s`}`;

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

export function ago(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return "just now";
}
