// My Profile › Integrations: the accounts, how they are doing, connecting and disconnecting.

import { get, remove, userPath } from "./api.js";
import { confirmed } from "./confirm.js";
import { badge, h } from "./dom.js";
import { clear, failed, notice } from "./notices.js";
import { signIn } from "./sign_in.js";
import { ago, moment, problemText, providerName, state } from "./words.js";

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
    button(`connect-${provider}`, `Connect ${name}`, () => connect(provider, changed), "primary"),
  );
}

function card(connection, changed) {
  const name = providerName(connection.provider);
  const [kind, text] = state(connection.status);
  return h(
    "article",
    { class: "card", "aria-label": name },
    h("div", { class: "row" }, h("h3", {}, name), badge(kind, text)),
    h("p", { class: "address" }, connection.email),
    h("p", { class: "quiet" }, `Connected ${moment(connection.connectedAt)}`, lastSynced(connection)),
    progress(connection.progress),
    trouble(connection),
    h(
      "div",
      { class: "actions" },
      connection.status === "reconnect_required" &&
        button(`connect-${connection.provider}`, "Sign in again", () => connect(connection.provider, changed), "primary"),
      button(`disconnect-${connection.provider}`, `Disconnect ${name}`, () => disconnect(connection, changed)),
    ),
  );
}

function lastSynced({ lastSyncedAt }) {
  if (!lastSyncedAt) return null;
  return [" · read ", h("time", { datetime: lastSyncedAt, title: moment(lastSyncedAt) }, ago(lastSyncedAt))];
}

function progress(found) {
  if (!found) return null;
  const text = `${found.calendarsRead} of ${found.calendars} calendars read, ${found.eventsRead} events so far`;
  return h(
    "p",
    { class: "progress" },
    h("progress", { max: found.calendars || 1, value: found.calendarsRead, "aria-label": "First read" }),
    text,
  );
}

function trouble({ problem }) {
  return problem ? h("p", { class: "trouble" }, `${problemText(problem.code)} Since ${moment(problem.since)}.`) : null;
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
  } catch (error) {
    failed(error);
  }
  await changed();
}

async function disconnect(connection, changed) {
  const name = providerName(connection.provider);
  const google = connection.provider === "google";
  const sure = await confirmed(
    `Disconnect ${name}?`,
    [
      `The calendars of ${connection.email} are no longer primary or checked for conflicts, from now on.`,
      "Its notifications end. If no other location uses the account, everything that was read from it is erased.",
      google && "Where no other location uses it, the permission that you gave at Google is taken back as well.",
      "Appointments stay in the CRM, and the events that were written for them stay in your calendar.",
    ].filter(Boolean),
    `Disconnect ${name}`,
  );
  if (!sure) return;
  try {
    await remove(userPath(`connections/${connection.provider}`));
    notice("good", `${name} is disconnected.`);
  } catch (error) {
    failed(error);
  }
  await changed();
}
