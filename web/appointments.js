// Appointments as My week makes, moves and cancels them.

import { locationPath, put, remove } from "./api.js";
import { asked } from "./dialogs.js";
import { h, outside } from "./dom.js";
import { failed, notice } from "./notices.js";
import { caller } from "./session.js";
import { span, syncText } from "./words.js";

const MINUTE = 60_000;
const path = (id) => locationPath(`appointments/${encodeURIComponent(id)}`);

// `given` is what `fields` were filled with.
export async function make(given) {
  return kept(crypto.randomUUID(), {
    userId: caller().user,
    calendar: { id: "settings-page", kind: "team" },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...entered(given),
  });
}

export async function askForNew({ start, end }) {
  const { answer, given } = await asked("New appointment", fields("asked", { start, end }), [
    ["Cancel", ""],
    ["Make it", "make", "primary"],
  ]);
  return answer === "make" && make(given);
}

// What the dialog of an appointment can do also those who cannot drag can.
export async function open(appointment) {
  const { answer, given } = await asked(
    outside(appointment.title),
    [h("p", {}, span(appointment)), h("p", {}, appointment.sync.reason ?? syncText(appointment.sync.state)), fields("asked", appointment)],
    [
      ["Close", ""],
      ["Cancel the appointment", "cancel", "danger"],
      ["Save", "save", "primary"],
    ],
  );
  if (answer === "save") return change(appointment, entered(given));
  return answer === "cancel" && cancel(appointment);
}

export async function change({ id, sync, ...before }, wanted) {
  const after = { ...before, ...wanted };
  if (after.version !== undefined) after.version += 1;
  return kept(id, after);
}

async function kept(id, appointment) {
  try {
    await put(path(id), appointment);
    notice("good", outside(appointment.title), ": kept. It is written to your calendar now.");
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

async function cancel({ id, title }) {
  try {
    await remove(path(id));
    notice("good", outside(title), ": cancelled.");
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

export function fields(prefix, { title = "", start, end } = {}) {
  const minutes = start ? Math.round((new Date(end) - new Date(start)) / MINUTE) : 60;
  const input = (name, given) => h("input", { id: `${prefix}-${name}`, name, required: true, ...given });
  return h(
    "div",
    { class: "row fields" },
    h("label", {}, "Title ", input("title", { value: title, maxlength: "255", dir: "auto" })),
    h("label", {}, "Begins ", input("start", { type: "datetime-local", value: start ? local(start) : "" })),
    h("label", {}, "Minutes ", input("minutes", { type: "number", min: "1", max: "1440", value: String(minutes) })),
  );
}

function entered(given) {
  const start = new Date(given.get("start"));
  const end = new Date(start.getTime() + Number(given.get("minutes")) * MINUTE);
  return { title: given.get("title"), start: start.toISOString(), end: end.toISOString() };
}

// As a field for a local time takes it.
function local(time) {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}
