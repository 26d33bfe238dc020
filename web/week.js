// My week: busy time and why, the events of the primary calendar, and appointments, which can be
// made, dragged and cancelled here.

import { get, userPath } from "./api.js";
import { askForNew, change, fields, make, open } from "./appointments.js";
import { keyOf } from "./choices.js";
import { fetchConfiguration } from "./configuration.js";
import { asked } from "./dialogs.js";
import { fill, h, isolated, outside } from "./dom.js";
import { ago, blockText, moment, problemText, providerName, reading, span, syncText, zoneName } from "./words.js";

const NARROW = 700;
const COLORS = { appointment: "#1d4ed8", theirs: "#475569", failed: "#b91c1c", blocked: "#94a3b8" };

export async function weekView() {
  styles("calendar.css");
  const [{ Calendar, plugins }, { calendars }] = await Promise.all([import(new URL("calendar.js", import.meta.url).href), fetchConfiguration()]);
  const names = new Map(calendars.map((one) => [keyOf(one), one.name]));
  const grid = h("div", { id: "week", class: "week" });
  const state = h("div", { id: "week-state" });
  const blocked = h("ul", { id: "blocked", class: "plain" });
  let shown = "";

  const calendar = new Calendar(grid, {
    plugins,
    locale: navigator.language,
    initialView: window.innerWidth < NARROW ? "timeGridDay" : "timeGridWeek",
    headerToolbar: { start: "prev,next today", center: "title", end: "timeGridDay,timeGridWeek,listWeek" },
    firstDay: 1,
    nowIndicator: true,
    height: 640,
    scrollTime: "07:00",
    selectable: true,
    selectMirror: true,
    snapDuration: "00:15",
    events: (range, done, refused) => fetchWeek(range).then(done, refused),
    eventDidMount: titled,
    backgroundEventDidMount: titled,
    select: selected,
    eventDrop: moved,
    eventResize: moved,
    eventClick: ({ event }) => clicked(event.extendedProps),
  });

  async function asks({ start, end }) {
    const range = { start: start.toISOString(), end: end.toISOString() };
    const [busy, { events }, { appointments }] = await Promise.all(["busy", "events", "appointments"].map((what) => get(userPath(what), range)));
    return { busy, events, appointments };
  }

  async function fetchWeek(range) {
    const { busy, events, appointments } = await asks(range);
    shown = essence(busy, events, appointments);
    tell(busy);
    return [
      ...busy.busy.map((block) => blockShown(block, busy.calendars)),
      ...strangers(events, appointments).map((event) => eventShown(event, whyAt(event, busy))),
      ...appointments.map((appointment) => appointmentShown(appointment, whyAt(appointment, busy))),
    ];
  }

  async function look() {
    if (document.querySelector("dialog")) return;
    const { activeStart: start, activeEnd: end } = calendar.view;
    const { busy, events, appointments } = await asks({ start, end });
    if (essence(busy, events, appointments) !== shown) calendar.refetchEvents();
    else tell(busy);
  }

  function tell(busy) {
    const none = "No calendar is chosen, so no time is known to be free.";
    fill(state, h("p", {}, `Times in ${zoneName()}. `, busy.calendars.length ? busy.calendars.map(calendarState) : none));
    const lines = busy.busy.map((block) => h("li", {}, `${span(block)}: `, why(block, busy.calendars, outside, ago)));
    fill(blocked, lines.length ? lines : h("li", {}, "No time is blocked."));
  }

  function calendarState(one) {
    const asOf = one.asOf ? `, read ${ago(one.asOf)}` : "";
    const reason = one.reason ? ` (${problemText(one.reason)})` : "";
    return h("span", { class: "quiet" }, outside(nameOf(one)), `: ${reading(one.status)[1].toLowerCase()}${asOf}${reason}. `);
  }

  const nameOf = (one) => names.get(keyOf(one)) ?? `a calendar of ${providerName(one.provider)}`;

  // Which calendars block it, for what reason, and how fresh they are; `as` is how names are shown,
  // `when` how times are.
  function why(block, known, as, when) {
    return block.sources.map((source, n) => {
      const asOf = known.find((one) => keyOf(one) === keyOf(source))?.asOf;
      return [n ? "; " : "", as(nameOf(source)), ` (${blockText(source.reason)}${asOf ? `, read ${when(asOf)}` : ""})`];
    });
  }

  // It stays as it is while it is shown, so it says at what time each was read, not how long ago.
  const whyInWords = (block, known) => `Blocked ${span(block)} by ${why(block, known, isolated, moment).flat().join("")}`;

  function blockShown(block, known) {
    return {
      start: block.start,
      end: block.end,
      display: "background",
      className: "blocked",
      color: COLORS.blocked,
      extendedProps: { why: whyInWords(block, known) },
    };
  }

  function whyAt({ start, end }, { busy, calendars: known }) {
    const block = busy.find((one) => new Date(one.start) < new Date(end) && new Date(start) < new Date(one.end));
    return block ? whyInWords(block, known) : "No time is blocked.";
  }

  async function selected(range) {
    calendar.unselect();
    if (!range.allDay && (await askForNew(range))) calendar.refetchEvents();
  }

  async function moved({ event, revert }) {
    const wanted = { start: event.start.toISOString(), end: event.end.toISOString() };
    if (await change(event.extendedProps.appointment, wanted)) calendar.refetchEvents();
    else revert();
  }

  async function clicked({ appointment, title, when, why: reason }) {
    if (appointment) {
      if (await open(appointment)) calendar.refetchEvents();
    } else if (title) {
      await asked(outside(title), [h("p", {}, when), h("p", {}, reason)], [["Close", ""]]);
    }
  }

  // Dragging over the grid needs a pointer; this does the same by keyboard.
  async function byHand(event) {
    event.preventDefault();
    const form = event.target;
    if (!(await make(new FormData(form)))) return;
    form.reset();
    calendar.refetchEvents();
  }

  requestAnimationFrame(() => calendar.render());
  const view = [
    h("h2", {}, "My week"),
    state,
    h("div", { class: "card" }, grid),
    h(
      "form",
      { class: "card", "aria-labelledby": "new-heading", onsubmit: byHand },
      h("h3", { id: "new-heading" }, "New appointment"),
      fields("new"),
      h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Make an appointment")),
    ),
    h("details", { class: "card" }, h("summary", {}, "Why time is blocked, as a list"), blocked),
  ];
  return { view, look };
}

const essence = (busy, events, appointments) => JSON.stringify([busy.busy, events, appointments]);

// An appointment's own event is shown as the appointment.
function strangers(events, appointments) {
  const mark = (one) => `${Date.parse(one.start)}|${Date.parse(one.end)}|${one.title}`;
  const own = new Set(appointments.map(mark));
  return events.filter((one) => !own.has(mark(one)));
}

function eventShown(event, why) {
  const title = event.title ?? (event.private ? "Private" : "Busy");
  return {
    start: event.start,
    end: event.end,
    allDay: event.allDay,
    title,
    className: `theirs ${event.availability}`,
    color: COLORS.theirs,
    editable: false,
    extendedProps: { title, when: span(event), why },
  };
}

function appointmentShown(appointment, why) {
  return {
    id: appointment.id,
    start: appointment.start,
    end: appointment.end,
    title: appointment.title,
    className: `appointment ${appointment.sync.state}`,
    color: appointment.sync.state === "failed" ? COLORS.failed : COLORS.appointment,
    editable: true,
    extendedProps: { appointment, why: `${appointment.sync.reason ?? syncText(appointment.sync.state)} ${why}` },
  };
}

function titled({ el, event }) {
  if (event.extendedProps.why) el.title = event.extendedProps.why;
}

function styles(file) {
  if (document.querySelector(`link[href$="${file}"]`)) return;
  document.head.append(h("link", { rel: "stylesheet", href: new URL(file, import.meta.url).href }));
}
