// Who is using the page. The CRM hands its token over in the address's fragment, or by postMessage
// from a frame around the page; it is kept in memory only.

const READY = "calendar-sync:ready";
const TOKEN = "calendar-sync:token";
const EXPIRED = "calendar-sync:token-expired";
const PATIENCE = 4000;

let token = "";
let chosen = {};
let origins = [];
const waiting = new Set();
const watchers = new Set();

export class SessionEnded extends Error {
  constructor() {
    super("Your session has ended. Open this page from the CRM again; what you have entered stays here until then.");
  }
}

export async function begin(allowedOrigins) {
  origins = allowedOrigins;
  window.addEventListener("message", heard);
  takeFragment();
  window.addEventListener("hashchange", takeFragment);
  if (!token) await asked(READY);
  if (!token) throw new SessionEnded();
}

// Asks the CRM for another token than the one that was refused; SessionEnded where none comes.
export async function renew(refused) {
  if (token === refused) await asked(EXPIRED);
  if (token === refused) throw new SessionEnded();
}

export function bearer() {
  return token;
}

export function onChange(watcher) {
  watchers.add(watcher);
}

export function caller() {
  const claims = claimsOf(token);
  const memberships = claims.locations ?? {};
  const everywhere = memberships["*"];
  const location = chosen.location ?? Object.keys(memberships).find((name) => name !== "*") ?? "";
  return {
    user: claims.sub ?? "",
    name: claims.name ?? claims.sub ?? "",
    location,
    locations: Object.keys(memberships).filter((name) => name !== "*"),
    role: memberships[location] ?? everywhere,
  };
}

export function atLocation(location) {
  chosen = { ...chosen, location };
}

function takeFragment() {
  const given = new URLSearchParams(window.location.hash.slice(1));
  if (!given.has("token")) return;
  take(given.get("token"), { location: given.get("location") ?? undefined });
  given.delete("token");
  given.delete("location");
  const rest = given.toString();
  history.replaceState(null, "", `${window.location.pathname}${window.location.search}${rest ? `#${rest}` : ""}`);
}

function heard(event) {
  if (event.source !== window.parent || !origins.includes(event.origin)) return;
  if (event.data?.type !== TOKEN || typeof event.data.token !== "string") return;
  take(event.data.token, { location: event.data.location });
}

function take(given, place) {
  const before = token ? caller().user : "";
  token = given;
  if (place.location) chosen = { ...chosen, location: place.location };
  for (const resolve of waiting) resolve();
  waiting.clear();
  if (before !== caller().user) for (const watcher of watchers) watcher();
}

function asked(type) {
  if (window.parent === window) return Promise.resolve();
  for (const origin of origins) window.parent.postMessage({ type }, origin);
  return new Promise((resolve) => {
    waiting.add(resolve);
    setTimeout(resolve, PATIENCE);
  });
}

function claimsOf(text) {
  try {
    const part = text.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}
