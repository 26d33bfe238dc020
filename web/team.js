// Team Management: everybody at the location, how they are doing, and their configuration.

import { get, locationPath } from "./api.js";
import { configurationSection, fetchConfiguration } from "./configuration.js";
import { badge, fill, h } from "./dom.js";
import { failed } from "./notices.js";
import { ago, moment, problemText, providerName, state } from "./words.js";

const FILTERS = {
  all: ["Everybody", () => true],
  problem: ["With a problem", (user) => hasProblem(user)],
  reconnect: ["Must sign in again", (user) => user.connections.some((one) => one.status === "reconnect_required")],
  unconfigured: ["No primary calendar", (user) => !user.configuration.primary],
};

export async function teamView() {
  const users = (await get(locationPath("users"))).users;
  const table = h("div");
  const detail = h("div");
  let filter = "all";

  function show() {
    const shown = users.filter(FILTERS[filter][1]);
    fill(table, shown.length ? list(shown) : h("p", { class: "quiet" }, "Nobody."));
  }

  function list(shown) {
    return h(
      "table",
      {},
      h("caption", { class: "hidden" }, "Team members"),
      h("thead", {}, h("tr", {}, ["Name", "Accounts", "Primary", "Last read", ""].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, shown.map(row)),
    );
  }

  function row(user) {
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, user.name || user.userId),
      h("td", {}, user.connections.map(accountLine)),
      h("td", {}, user.configuration.primary ? providerName(user.configuration.primary.provider) : h("span", { class: "quiet" }, "none")),
      h("td", {}, lastRead(user)),
      h("td", {}, h("button", { id: `configure-${user.userId}`, type: "button", "aria-label": `Configure ${user.name || user.userId}`, onclick: () => open(user) }, "Configure")),
    );
  }

  async function open(user) {
    fill(detail, h("p", { class: "quiet" }, "Loading …"));
    const title = h("h2", { tabindex: "-1" }, `Calendars of ${user.name || user.userId}`);
    try {
      const found = await fetchConfiguration(user.userId);
      fill(detail, title, configurationSection(found, async () => {}));
    } catch (error) {
      fill(detail, title, h("p", { class: "trouble" }, error.message));
    }
    title.focus();
  }

  show();
  return [
    h("h2", {}, "Team"),
    h("p", { class: "quiet" }, "Everybody connects their own account, under My Profile › Integrations. Once they have, you can choose their calendars here."),
    stranger(open),
    h(
      "label",
      { class: "filter" },
      "Show ",
      h(
        "select",
        {
          id: "filter",
          onchange: (event) => {
            filter = event.target.value;
            show();
          },
        },
        Object.entries(FILTERS).map(([name, [text]]) => h("option", { value: name }, text)),
      ),
    ),
    table,
    detail,
  ];
}

// The list holds who has connected something; of others the API says why not.
function stranger(open) {
  return h(
    "form",
    {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        const user = new FormData(event.target).get("user").trim();
        if (user) open({ userId: user, name: "" }).catch(failed);
      },
    },
    h("label", {}, "Somebody who is not in the list: ", h("input", { name: "user", id: "stranger", autocomplete: "off", placeholder: "user id" })),
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
    h("div", { class: "quiet" }, connection.email),
    connection.problem && h("div", { class: "trouble" }, problemText(connection.problem.code)),
  );
}

function lastRead(user) {
  const times = user.health.map((one) => one.asOf).filter(Boolean).sort();
  return times.length ? h("time", { datetime: times[0], title: moment(times[0]) }, ago(times[0])) : h("span", { class: "quiet" }, "never");
}
