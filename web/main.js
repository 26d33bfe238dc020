// The page: who is here, which section is open, and what keeps it up to date.

import { accountsSection, fetchAccounts } from "./accounts.js";
import { configurationSection, fetchConfiguration } from "./configuration.js";
import { fill, h, outside } from "./dom.js";
import { healthView } from "./health.js";
import { clear } from "./notices.js";
import { atLocation, begin, caller, onChange } from "./session.js";
import { teamView } from "./team.js";
import { keepTimes } from "./times.js";
import { watch } from "./watch.js";

const content = document.getElementById("content");
const nav = document.getElementById("sections");
const page = await (await fetch(new URL("page.json", import.meta.url))).json();

// The title, who sees it, and what makes it: `view`, and `look` where it keeps itself up to date.
const SECTIONS = {
  mine: ["My calendars", () => true, mine],
  week: ["My week", () => true, week],
  team: ["Team", isAdmin, async () => ({ view: await teamView() })],
  health: ["Health", isAdmin, async () => ({ view: await healthView() })],
};
let open = "";
let shows = 0;
let unwatch = () => {};

function isAdmin() {
  return caller().role === "admin";
}

async function start() {
  keepTimes();
  try {
    await begin(page.origins);
    await show(new URLSearchParams(window.location.search).get("section") ?? "mine");
  } catch (error) {
    fill(content, h("p", { class: "trouble" }, error.message));
  }
  onChange(() => show("mine"));
}

async function show(name) {
  const allowed = SECTIONS[name]?.[1]() ? name : "mine";
  open = allowed;
  unwatch();
  clear();
  frame();
  fill(content, h("p", { class: "quiet" }, "Loading …"));
  const turn = ++shows;
  try {
    const { view, look } = await SECTIONS[allowed][2]();
    if (turn !== shows) return;
    fill(content, view);
    if (look) unwatch = watch(look);
  } catch (error) {
    if (turn === shows) fill(content, failure(error, () => show(allowed)));
  }
}

function failure(error, again) {
  return h("div", { class: "card" }, h("p", { class: "trouble", role: "alert" }, error.message), h("div", { class: "actions" }, h("button", { type: "button", onclick: again }, "Try again")));
}

function frame() {
  const { name, location, locations } = caller();
  document.title = `${SECTIONS[open][0]} · Calendars`;
  fill(document.getElementById("who"), outside(name), " · ", locations.length > 1 ? locationChoice(location, locations) : outside(location));
  fill(
    nav,
    Object.entries(SECTIONS)
      .filter(([, [, visible]]) => visible())
      .map(([key, [title]]) => h("button", { id: `section-${key}`, type: "button", "aria-current": key === open ? "page" : null, onclick: () => show(key) }, title)),
  );
}

function locationChoice(location, locations) {
  const change = (event) => {
    atLocation(event.target.value);
    show(open);
  };
  return h("label", {}, h("span", { class: "hidden" }, "Location"), h("select", { id: "location", onchange: change }, locations.map((one) => h("option", { value: one, selected: one === location }, one))));
}

// Accounts are looked at again and again; the configuration only where accounts have come or gone,
// since somebody may be editing it.
async function mine() {
  const accounts = h("div");
  const configuration = h("div");
  let known = "";

  // One after the other: the clock and somebody's own doing may ask for it at once.
  let last = Promise.resolve();
  const refresh = () => (last = last.catch(() => {}).then(looked));

  async function looked() {
    const connections = await fetchAccounts();
    const now = JSON.stringify(connections);
    if (now === known) return;
    const before = known ? JSON.parse(known) : [];
    known = now;
    fill(accounts, accountsSection(connections, page.providers, refresh));
    if (!configuration.hasChildNodes()) {
      configuration.append(configurationSection(await fetchConfiguration(), refresh));
    } else if (accountsOf(before) !== accountsOf(connections)) {
      await configuration.firstChild.refresh();
    }
  }

  await refresh();
  return { view: [accounts, configuration], look: refresh };
}

const accountsOf = (connections) => connections.map((one) => `${one.provider} ${one.email} ${one.status === "reconnect_required"}`).join();

async function week() {
  const { weekView } = await import("./week.js");
  return weekView();
}

start();
