// What is looked at, kept in the address: #mailbox=outlook:adele@contoso.example&day=2027-03-01

/** {mailbox, day}; null for what the address does not say. */
export function readPlace() {
  const told = new URLSearchParams(location.hash.slice(1));
  const day = told.get("day");
  return { mailbox: told.get("mailbox"), day: /^\d{4}-\d\d-\d\d$/.test(day ?? "") ? day : null };
}

/** Put a place into the address, without a step in the history. */
export function writePlace({ mailbox, day }) {
  const told = new URLSearchParams({ mailbox, ...(day ? { day } : {}) });
  history.replaceState(null, "", `#${told}`);
}
