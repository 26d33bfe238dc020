// The calendars of a mailbox, each with its colour and a box to show or hide it.

import { byId, element } from "./elements.js";

/** Draw the list; `toggled(id, shown)` hears of a box. */
export function drawCalendars(calendars, hidden, toggled) {
  const focused = document.activeElement?.value;
  const within = byId("calendars").contains(document.activeElement);
  byId("calendars").replaceChildren(...calendars.map((one) => rowOf(one, hidden, toggled)));
  if (!within) return;
  for (const box of byId("calendars").querySelectorAll("input")) {
    if (box.value === focused) box.focus();
  }
}

function rowOf(calendar, hidden, toggled) {
  const box = element("input", {
    type: "checkbox",
    value: calendar.id,
    checked: !hidden.has(calendar.id),
    onchange: ({ target }) => toggled(calendar.id, target.checked),
    attributes: { "aria-label": calendar.name },
  });
  const remarks = [calendar.own ? "" : calendar.owner, calendar.canEdit ? "" : "read only"];
  const notes = remarks.filter(Boolean).map((text) => element("small", { textContent: text }));
  const label = element("label", {}, box, element("span", {}, calendar.name, ...notes));
  return element("li", { className: `colour-${calendar.colour}` }, label);
}
