// Everybody in the sandbox who can have a calendar.

import { ask } from "./control.js";
import { google } from "./google.js";
import { outlook } from "./outlook.js";

/** All mailboxes: {key, group, address, name, usable, provider}. */
export async function listMailboxes() {
  const [people, accounts] = await Promise.all([
    ask("GET", "/people"),
    ask("GET", "/google/accounts"),
  ]);
  const users = people.users.filter((user) => user.kind !== "guest");
  return [
    ...users.map((user) => mailbox("Outlook", user, user.mailbox, outlook)),
    ...accounts.value.map((account) => mailbox("Google", account, account.calendar, google)),
  ];
}

function mailbox(group, { address, name }, usable, provider) {
  return { key: `${group.toLowerCase()}:${address}`, group, address, name, usable, provider };
}
