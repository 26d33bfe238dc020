// The dialog of an event: its fields, and what can be done with it.

import { byId } from "./elements.js";
import { choices, draftOf, fill, fillTimes, otherKind, readTimes, timesOf } from "./form.js";
import { SHOWN } from "./names.js";
import { find } from "./week.js";

let shown = null;

/**
 * Open the dialog for an event, or for a new one with `times`. `acts` does the work: create(draft,
 * calendar), change(event, draft, whole), move(event, calendar, whole), remove(event, whole),
 * respond(event, answer, whole); what they throw is shown and the dialog stays.
 */
export function openDialog({ event = null, times, calendars, provider, zone, acts }) {
  shown = { event, times: timesOf(event ?? times), calendars, zone, acts };
  const form = byId("event").querySelector("form");
  form.reset();
  byId("event-title").textContent = event ? "Edit event" : "New event";
  byId("event-error").textContent = "";
  const kinds = new Set([...provider.showAs, ...(event ? [event.showAs] : [])]);
  choices(form.elements.showAs, [...kinds].map((kind) => ({ value: kind, text: SHOWN[kind] })));
  fill(form, event ?? {});
  fillTimes(form, shown.times, zone);
  showParts(form, event);
  showCalendars(form, event, calendars);
  byId("event").showModal();
  form.elements.subject.focus();
}

/** Bind the dialog's buttons, once. */
export function prepareDialog() {
  const form = byId("event").querySelector("form");
  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    attempt(() => save(form));
  });
  form.elements.allDay.addEventListener("change", () => {
    const read = readTimes(asBefore(form), shown.zone) ?? shown.times;
    fillTimes(form, otherKind(read, shown.zone), shown.zone);
  });
  form.elements.every.addEventListener("change", () => {
    form.elements.times.disabled = !form.elements.every.value;
  });
  form.elements.scope.forEach((radio) => radio.addEventListener("change", () => showScope(form)));
  byId("cancel").addEventListener("click", () => byId("event").close());
  byId("event").addEventListener("close", keepFocus);
  byId("delete").addEventListener("click", () => {
    attempt(() => shown.acts.remove(shown.event, whole(form)));
  });
  for (const button of byId("answers").querySelectorAll("button")) {
    button.addEventListener("click", () => {
      attempt(() => shown.acts.respond(shown.event, button.value, whole(form)));
    });
  }
}

/** The button that opened the dialog may have been drawn anew meanwhile, or be gone. */
function keepFocus() {
  const { activeElement, body } = document;
  if (activeElement !== body && !byId("event").contains(activeElement)) return;
  const target = (shown.event && find(shown.event.key)) ?? byId("week");
  target.focus({ preventScroll: true });
}

/** The form as it was before the box was changed, to read the times of the other kind. */
function asBefore({ elements }) {
  const { allDay, start, end } = elements;
  return { elements: { start, end, allDay: { checked: !allDay.checked } } };
}

function showParts(form, event) {
  const writable = !event || event.calendar.canEdit;
  const timed = writable && !event?.fixed;
  byId("answers").hidden = !(event?.invited && writable);
  for (const button of byId("answers").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === event?.response));
  }
  byId("scope").hidden = !(event?.seriesId && writable);
  byId("repeats").hidden = Boolean(event?.seriesId) || !timed;
  byId("inviting").hidden = Boolean(event);
  byId("delete").hidden = !event || !writable;
  byId("save").hidden = !writable;
  form.elements.times.disabled = true;
  const { subject, allDay, start, end, showAs, private: hidden } = form.elements;
  for (const field of [showAs, hidden]) field.disabled = !writable;
  for (const field of [subject, allDay, start, end]) field.disabled = !timed;
  const note = noteOn(event);
  byId("event-note").textContent = note;
  byId("event-note").hidden = !note;
}

function noteOn(event) {
  if (!event) return "";
  const guests = event.guests.length ? `Guests: ${event.guests.join(", ")}.` : "";
  const rights = event.calendar.canEdit ? "" : "This calendar can only be read.";
  const fixed = event.fixed ? "Only the organizer can change its subject and times." : "";
  return [rights, fixed, guests].filter(Boolean).join(" ");
}

function showCalendars(form, event, calendars) {
  const select = form.elements.calendar;
  const may = event && !event.calendar.own ? [] : calendars.filter((one) => one.canEdit);
  const offered = event ? may.filter((one) => one.own && one !== event.calendar) : may;
  const all = event ? [event.calendar, ...offered] : offered;
  choices(select, all.map(({ id, name }) => ({ value: id, text: name })), all[0]?.id);
  showScope(form);
}

/** One occurrence alone cannot go to another calendar. */
function showScope(form) {
  const { event } = shown;
  const alone = Boolean(event?.seriesId) && !whole(form);
  form.elements.calendar.disabled = alone || (event && (!event.calendar.canEdit || event.fixed));
}

const whole = (form) => form.elements.scope.value === "series";

async function save(form) {
  const { event, times, calendars, zone, acts } = shown;
  if (!form.reportValidity()) return false;
  if (!readTimes(form, zone)) throw new Error("The end must not be before the start.");
  const draft = draftOf(form, event, zone, times);
  const calendar = calendars.find(({ id }) => id === form.elements.calendar.value);
  if (!event) return acts.create(draft, calendar);
  if (Object.keys(draft).length) await acts.change(event, draft, whole(form));
  if (calendar && calendar.id !== event.calendar.id) await acts.move(event, calendar, whole(form));
}

async function attempt(act) {
  const buttons = byId("event").querySelectorAll("button");
  const focused = document.activeElement;
  byId("event-error").textContent = "";
  for (const button of buttons) button.disabled = true;
  try {
    if ((await act()) !== false) byId("event").close();
  } catch (error) {
    byId("event-error").textContent = error.message;
  } finally {
    for (const button of buttons) button.disabled = false;
    focused?.focus();
  }
}
