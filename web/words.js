// What codes and states are called on the page.

const PROVIDERS = { outlook: "Outlook", google: "Google" };

export const providerName = (provider) => PROVIDERS[provider] ?? provider;

const STATES = {
  connected: ["good", "Connected"],
  syncing: ["busy", "Reading your calendars"],
  degraded: ["warn", "Some calendars cannot be read"],
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
  reconnect_required: "The provider asks you to sign in again. Until then this time counts as busy.",
  permissions_missing: "Not all permissions were given. Connect again and accept all of them.",
  administrator_needed: "An administrator of your organisation must allow this app or your account.",
  calendar_gone: "A chosen calendar is not there any more. Choose another one.",
  calendar_forbidden: "A chosen calendar may not be read any more. Ask its owner to share it again, or choose another one.",
  no_mailbox: "The account has no mailbox in the cloud any more.",
  parked: "A calendar cannot be read, again and again. We go on trying; the people who run this service are told.",
  first_read_running: "The calendar is being read for the first time.",
  not_read_in_time: "The calendar was not read for too long.",
  outside_synced_window: "This time is outside of what is read.",
  not_connected: "The account of this calendar is not connected.",
};

export const problemText = (code) => PROBLEMS[code] ?? "Something keeps this calendar from being read. We go on trying.";

export const PUSH = {
  active: "told at once",
  refused: "slower: looked at every few minutes",
  none: "looked at every few minutes",
};

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

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

export function ago(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return "just now";
}
