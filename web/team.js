// Team Management: everybody at the location, how they are doing, and their configuration.

import { get, locationPath } from "./api.js";
import { configurationSection, fetchConfiguration } from "./configuration.js";
import { badge, fill, h, outside } from "./dom.js";
import { table } from "./table.js";
import { time } from "./times.js";
import { AGENT_NOT_CONNECTED, problemText, providerName, state } from "./words.js";

const FILTERS = {
  all: ["Everybody", () => true],
  problem: ["With a problem", (user) => hasProblem(user)],
  reconnect: ["Must sign in again", (user) => user.connections.some((one) => one.status === "reconnect_required")],
  unconfigured: ["No primary calendar", (user) => !user.configuration.primary],
};

export async function teamView() {
  let { users } = await get(locationPath("users"));
  const list = h("div");
  const detail = h("div");
  let filter = "all";

  function show() {
    const shown = users.filter(FILTERS[filter][1]);
    const none = users.length ? "Nobody." : "Nobody has connected an account yet.";
    fill(list, shown.length ? table("Team members", ["Name", "Accounts", "Primary", "Last read", "Calendars"], shown.map(row)) : h("p", { class: "quiet" }, none));
  }

  function row(user) {
    const name = user.name || user.userId;
    return [
      outside(name),
      user.connections.length ? user.connections.map(accountLine) : h("span", { class: "quiet" }, "none"),
      user.configuration.primary ? providerName(user.configuration.primary.provider) : h("span", { class: "quiet" }, "none"),
      lastRead(user),
      h("button", { id: `configure-${user.userId}`, type: "button", "aria-label": `Configure ${name}`, onclick: () => open(user) }, "Configure"),
    ];
  }

  async function again() {
    ({ users } = await get(locationPath("users")));
    show();
  }

  async function open(user) {
    fill(detail, h("p", { class: "quiet" }, "Loading …"));
    const title = h("h2", { tabindex: "-1" }, "Calendars of ", outside(user.name || user.userId));
    try {
      const found = await fetchConfiguration(user.userId);
      const section = found.connections.length ? configurationSection(found, again) : h("p", { class: "trouble" }, AGENT_NOT_CONNECTED);
      fill(detail, title, section);
    } catch (error) {
      fill(detail, title, h("p", { class: "trouble" }, error.message));
    }
    title.focus();
  }

  function filtered(event) {
    filter = event.target.value;
    show();
  }

  show();
  return [
    h("h2", {}, "Team"),
    h("p", { class: "quiet" }, "Everybody connects their own account, under My Profile › Integrations. Once they have, you can choose their calendars here."),
    h(
      "div",
      { class: "row filters" },
      h("label", {}, "Show ", h("select", { id: "filter", onchange: filtered }, Object.entries(FILTERS).map(([name, [text]]) => h("option", { value: name }, text)))),
      stranger(open),
    ),
    list,
    detail,
  ];
}

// The list holds who has connected something; of others the page says what is missing.
function stranger(open) {
  const submitted = (event) => {
    event.preventDefault();
    const user = new FormData(event.target).get("user").trim();
    if (user) open({ userId: user, name: "" });
  };
  return h(
    "form",
    { class: "row", onsubmit: submitted },
    h("label", {}, "Somebody who is not in the list ", h("input", { name: "user", id: "stranger", autocomplete: "off", placeholder: "user id", required: true })),
    h("button", { type: "submit" }, "Open"),
  );
}

function hasProblem(user) {
  const broken = user.connections.some((one) => !["connected", "syncing"].includes(one.status));
  return broken || user.health.some((one) => one.problem);
}

function accountLine(connection) {
  const [kind, text] = state(connection.status);
  return h(
    "div",
    {},
    h("div", {}, `${providerName(connection.provider)} `, badge(kind, text)),
    h("div", { class: "quiet" }, outside(connection.email)),
    connection.problem && h("div", { class: "trouble" }, problemText(connection.problem.code)),
  );
}

function lastRead(user) {
  const times = user.health.map((one) => one.asOf).filter(Boolean).sort();
  return times.length ? time(times[0]) : h("span", { class: "quiet" }, "never");
}
