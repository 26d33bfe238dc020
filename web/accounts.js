// My Profile › Integrations: the accounts, how they are doing, connecting and disconnecting.

import { get, remove, userPath } from "./api.js";
import { confirmed } from "./dialogs.js";
import { badge, h, outside } from "./dom.js";
import { clear, failed, notice } from "./notices.js";
import { signIn } from "./sign_in.js";
import { time } from "./times.js";
import { CHOOSE_ANOTHER, SLOWER, counted, moment, problemText, providerName, state } from "./words.js";

export const fetchAccounts = async () => (await get(userPath("connections"))).connections;

export function accountsSection(connections, providers, changed) {
  const cards = providers.map((provider) => {
    const connection = connections.find((one) => one.provider === provider);
    return connection ? card(connection, changed) : invitation(provider, changed);
  });
  return h(
    "section",
    { "aria-labelledby": "accounts-title" },
    h("h2", { id: "accounts-title" }, "Accounts"),
    h("div", { class: "cards" }, cards),
  );
}

function invitation(provider, changed) {
  const name = providerName(provider);
  return h(
    "article",
    { class: "card", "aria-label": name },
    h("h3", {}, name),
    h("p", { class: "quiet" }, "No account is connected."),
    h("div", { class: "actions" }, button(`connect-${provider}`, `Connect ${name}`, () => connect(provider, changed), "primary")),
  );
}

function card(connection, changed) {
  const name = providerName(connection.provider);
  const [kind, text] = state(connection.status);
  return h(
    "article",
    { class: "card", "aria-label": name },
    h("div", { class: "row" }, h("h3", {}, name), badge(kind, text)),
    h("p", { class: "address" }, outside(connection.email)),
    h("p", { class: "quiet" }, `Connected ${moment(connection.connectedAt)} · `, lastSynced(connection)),
    progress(connection.progress),
    trouble(connection),
    connection.slowerSync && h("p", { class: "quiet" }, SLOWER),
    h("div", { class: "actions" }, mending(connection, changed), button(`disconnect-${connection.provider}`, `Disconnect ${name}`, () => disconnect(connection, changed))),
  );
}

function lastSynced({ lastSyncedAt, status }) {
  if (lastSyncedAt) return ["read ", time(lastSyncedAt)];
  return status === "connected" ? "no calendar of it is chosen yet" : "not read in full yet";
}

function progress(found) {
  if (!found) return null;
  const text = `${found.calendarsRead} of ${counted(found.calendars, "calendar")} read, ${counted(found.eventsRead, "event")} so far`;
  return h(
    "p",
    { class: "progress" },
    h("progress", { max: found.calendars || 1, value: found.calendarsRead, "aria-label": "First read" }),
    h("span", {}, text),
  );
}

function trouble({ problem, status }) {
  const late = status === "degraded" && !problem && problemText("not_read_in_time");
  const said = problem ? `${problemText(problem.code)} Since ${moment(problem.since)}.` : late;
  return said && h("p", { class: "trouble" }, said);
}

// The button that mends what is wrong, where one can.
function mending({ provider, problem, status }, changed) {
  if (status === "reconnect_required") {
    return button(`connect-${provider}`, "Sign in again", () => connect(provider, changed), "primary");
  }
  const elsewhere = () => document.getElementById("calendars-title")?.focus();
  return CHOOSE_ANOTHER.has(problem?.code) && button(`choose-${provider}`, "Choose calendars", elsewhere, "primary");
}

function button(id, text, action, kind = "") {
  return h("button", { id, type: "button", class: kind, onclick: action }, text);
}

async function connect(provider, changed) {
  clear();
  try {
    const result = await signIn(provider);
    if (result?.error) notice("bad", result.text);
    else if (result) notice("good", result.text);
    await changed();
  } catch (error) {
    failed(error);
  }
}

async function disconnect(connection, changed) {
  const { provider } = connection;
  const name = providerName(provider);
  const sure = await confirmed(
    `Disconnect ${name}?`,
    [
      ["The calendars of ", outside(connection.email), " are no longer primary or checked for conflicts, from now on."],
      "Its notifications end. If no other location uses the account, everything that was read from it is erased.",
      provider === "google" && "Where no other location uses it, the permission that you gave at Google is taken back as well.",
      "Appointments stay in the CRM, and the events that were written for them stay in your calendar.",
    ].filter(Boolean),
    `Disconnect ${name}`,
  );
  if (!sure) return;
  try {
    await remove(userPath(`connections/${provider}`));
    notice("good", `${name} is disconnected.`);
    await changed();
    document.getElementById(`connect-${provider}`)?.focus();
  } catch (error) {
    failed(error);
  }
}
