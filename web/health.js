// Health: each calendar of the location, how fresh it is, how it is told of changes, and what was
// missed; and how long changes have taken to be read, over the last day.

import { get, locationPath } from "./api.js";
import { badge, fill, h, outside } from "./dom.js";
import { lagPlot } from "./lag.js";
import { failed } from "./notices.js";
import { table } from "./table.js";
import { time } from "./times.js";
import { PUSH, counted, moment, problemText, providerName } from "./words.js";

const TITLES = ["User", "Calendar", "State", "Read", "Changes are", "Missed changes"];

export async function healthView() {
  const view = h("div");
  const look = async () => fill(view, await shown(look));
  await look();
  return view;
}

async function shown(look) {
  const [{ users }, lag] = await Promise.all([get(locationPath("users")), get(locationPath("lag"))]);
  const calendars = users.flatMap((user) => user.health.map((one) => ({ ...one, problem: problemOf(one, user), user: user.name || user.userId })));
  calendars.sort((one, other) => Boolean(other.problem) - Boolean(one.problem) || (one.asOf ?? "").localeCompare(other.asOf ?? ""));
  const troubled = calendars.filter((one) => one.problem).length;
  return [
    h("h2", {}, "Health"),
    h(
      "div",
      { class: "row" },
      h("p", {}, `${counted(calendars.length, "calendar")}, ${troubled} with a problem.`),
      h("button", { id: "look-again", type: "button", onclick: () => look().catch(failed) }, "Look again"),
    ),
    calendars.length ? table("Calendars", TITLES, calendars.map(row)) : h("p", { class: "quiet" }, "No calendar is chosen yet."),
    lagPlot(lag),
  ];
}

// What is wrong with the whole account is wrong with each of its calendars.
function problemOf({ provider, problem }, { connections }) {
  const account = connections.find((one) => one.provider === provider);
  return account?.status === "reconnect_required" ? account.problem : problem;
}

function row(calendar) {
  return [
    outside(calendar.user),
    `${providerName(calendar.provider)}, ${calendar.role === "primary" ? "primary" : "conflicts"}`,
    condition(calendar),
    calendar.asOf ? time(calendar.asOf) : h("span", { class: "quiet" }, "not yet"),
    [PUSH[calendar.push] ?? calendar.push, quiet(renewal(calendar))],
    [missed(calendar), quiet(calendar.comparedAt && ["compared in full ", time(calendar.comparedAt)])],
  ];
}

function condition({ asOf, problem, held, pastProblem }) {
  const well = asOf ? badge("good", "Well") : badge("busy", "First read");
  return [
    problem ? [badge("bad", "Problem"), h("div", { class: "trouble" }, `${problemText(problem.code)} Since ${moment(problem.since)}.`)] : well,
    quiet(held && `${counted(held.count, "event")} held back, since ${moment(held.since)}.`),
    !problem && quiet(pastProblem && `Last problem, from ${moment(pastProblem.since)} on: ${problemText(pastProblem.code)}`),
  ];
}

function renewal({ push, pushRenewsAt, pushEndsAt }) {
  if (push !== "active" || !pushEndsAt) return null;
  return `renewed from ${moment(pushRenewsAt)} on, ends ${moment(pushEndsAt)}`;
}

// What nobody had told of, and a comparison or the sweep has found and put right.
function missed({ drift }) {
  const found = drift ? drift.comparisons + drift.sweep : 0;
  return found ? `${found} found and put right` : "none";
}

const quiet = (content) => content && h("div", { class: "quiet" }, content);
