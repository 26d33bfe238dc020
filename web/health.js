// Health: each calendar of the location, how fresh it is, and how it is told of changes.

import { get, locationPath } from "./api.js";
import { badge, h } from "./dom.js";
import { PUSH, ago, moment, problemText, providerName } from "./words.js";

export async function healthView() {
  const users = (await get(locationPath("users"))).users;
  const calendars = users.flatMap((user) => user.health.map((one) => ({ ...one, user: user.name || user.userId })));
  calendars.sort((one, other) => Boolean(other.problem) - Boolean(one.problem) || (one.asOf ?? "").localeCompare(other.asOf ?? ""));
  const troubled = calendars.filter((one) => one.problem).length;
  return [
    h("h2", {}, "Health"),
    h("p", {}, `${calendars.length} calendars, ${troubled} with a problem.`),
    calendars.length ? table(calendars) : h("p", { class: "quiet" }, "No calendar is chosen yet."),
  ];
}

function table(calendars) {
  const titles = ["User", "Calendar", "State", "Read", "Changes are"];
  return h(
    "table",
    {},
    h("caption", { class: "hidden" }, "Calendars"),
    h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, calendars.map(row)),
  );
}

function row(calendar) {
  const role = calendar.role === "primary" ? "primary" : "conflicts";
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, calendar.user),
    h("td", {}, `${providerName(calendar.provider)}, ${role}`),
    h("td", {}, calendar.problem ? [badge("bad", "Problem"), h("div", { class: "trouble" }, `${problemText(calendar.problem.code)} Since ${moment(calendar.problem.since)}.`)] : badge("good", "Well")),
    h("td", {}, calendar.asOf ? h("time", { datetime: calendar.asOf, title: moment(calendar.asOf) }, ago(calendar.asOf)) : h("span", { class: "quiet" }, "not yet")),
    h("td", {}, PUSH[calendar.push] ?? calendar.push),
  );
}
