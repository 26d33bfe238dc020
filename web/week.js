// My week: busy time and why, the events of the primary calendar, and appointments, which can be
// made, dragged and cancelled here.

import { get, locationPath, put, remove, userPath } from "./api.js";
import { fetchConfiguration } from "./configuration.js";
import { confirmed } from "./confirm.js";
import { fill, h } from "./dom.js";
import { failed, notice } from "./notices.js";
import { caller } from "./session.js";
import { ago, providerName, reading, zoneName } from "./words.js";

const LOOK_EVERY = 3000;
const NARROW = 700;
const COLORS = { appointment: "#1d4ed8", theirs: "#475569", failed: "#b91c1c", blocked: "#94a3b8" };
const REASONS = { busy: "busy", tentative: "tentative", outOfOffice: "out of office", workingElsewhere: "working elsewhere" };

export async function weekView() {
  styles("calendar.css");
  const [{ Calendar, plugins }, { calendars }] = await Promise.all([
    import(new URL("calendar.js", import.meta.url).href),
    fetchConfiguration(),
  ]);
  const names = new Map(calendars.map((one) => [`${one.provider}|${one.calendarId}`, one.name]));
  const grid = h("div", { id: "week", class: "week" });
  const state = h("div", { id: "week-state" });
  const blocked = h("ul", { id: "blocked", class: "plain" });
  let shown = "";

  const calendar = new Calendar(grid, {
    plugins,
    initialView: window.innerWidth < NARROW ? "timeGridDay" : "timeGridWeek",
    headerToolbar: { start: "prev,next today", center: "title", end: "timeGridDay,timeGridWeek,listWeek" },
    firstDay: 1,
    nowIndicator: true,
    height: 640,
    scrollTime: "07:00",
    selectable: true,
    selectMirror: true,
    snapDuration: "00:15",
    events: fetchWeek,
    eventDidMount: ({ el, event }) => {
      if (event.extendedProps.why) el.title = event.extendedProps.why;
    },
    select: (range) => make(range),
    eventDrop: (moved) => move(moved),
    eventResize: (moved) => move(moved),
    eventClick: ({ event }) => event.extendedProps.appointment && open(event.extendedProps.appointment),
  });

  async function fetchWeek({ start, end }, done, refused) {
    try {
      const range = { start: start.toISOString(), end: end.toISOString() };
      const [busy, events, appointments] = await Promise.all(
        ["busy", "events", "appointments"].map((what) => get(userPath(what), range)),
      );
      shown = JSON.stringify([busy.busy, events.events, appointments]);
      tell(busy);
      done([
        ...busy.busy.map((block) => blockShown(block, busy.calendars)),
        ...strangers(events.events, appointments.appointments).map(eventShown),
        ...appointments.appointments.map(appointmentShown),
      ]);
    } catch (error) {
      refused(error);
      failed(error);
    }
  }

  function tell(busy) {
    fill(
      state,
      h(
        "p",
        {},
        `Times in ${zoneName()}. `,
        busy.calendars.length ? busy.calendars.map((one) => calendarState(one)) : "No calendar is chosen, so no time is known to be free.",
      ),
    );
    fill(blocked, busy.busy.map((block) => h("li", {}, `${span(block)}: ${why(block, busy.calendars)}`)));
  }

  function calendarState(one) {
    const [, text] = reading(one.status);
    return h("span", { class: "quiet" }, `${nameOf(one)}: ${text.toLowerCase()}${one.asOf ? `, read ${ago(one.asOf)}` : ""}. `);
  }

  const nameOf = (one) => names.get(`${one.provider}|${one.calendarId}`) ?? `a calendar of ${providerName(one.provider)}`;

  function why(block, known) {
    return block.sources
      .map((source) => {
        const asOf = known.find((one) => one.provider === source.provider && one.calendarId === source.calendarId)?.asOf;
        const reason = REASONS[source.reason] ?? reading(source.reason)[1].toLowerCase();
        return `${nameOf(source)} (${reason}${asOf ? `, read ${ago(asOf)}` : ""})`;
      })
      .join("; ");
  }

  function blockShown(block, known) {
    return {
      start: block.start,
      end: block.end,
      display: "background",
      className: "blocked",
      color: COLORS.blocked,
      extendedProps: { why: `Blocked ${span(block)} by ${why(block, known)}` },
    };
  }

  async function make({ start, end, allDay }) {
    calendar.unselect();
    if (allDay) return;
    const title = await asked("New appointment", `${span({ start, end })}`, "");
    if (!title) return;
    await kept(crypto.randomUUID(), {
      userId: caller().user,
      calendar: { id: "settings-page", kind: "team" },
      title,
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
  }

  async function move({ event, revert }) {
    const { id, sync, ...appointment } = event.extendedProps.appointment;
    const moved = { ...appointment, start: event.start.toISOString(), end: event.end.toISOString() };
    if (moved.version !== undefined) moved.version += 1;
    if (!(await kept(id, moved))) revert();
  }

  async function kept(id, appointment) {
    try {
      await put(locationPath(`appointments/${encodeURIComponent(id)}`), appointment);
      notice("good", `${appointment.title}: kept. It is written to your calendar now.`);
      calendar.refetchEvents();
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  async function open(appointment) {
    const sync = appointment.sync.reason ?? `It is ${appointment.sync.state.replace("_", " ")}.`;
    const cancel = await confirmed(appointment.title, [span(appointment), sync], "Cancel the appointment");
    if (!cancel) return;
    try {
      await remove(locationPath(`appointments/${encodeURIComponent(appointment.id)}`));
      notice("good", `${appointment.title}: cancelled.`);
      calendar.refetchEvents();
    } catch (error) {
      failed(error);
    }
  }

  async function look() {
    if (document.hidden || document.querySelector("dialog")) return;
    const { activeStart, activeEnd } = calendar.view;
    const range = { start: activeStart.toISOString(), end: activeEnd.toISOString() };
    const [busy, events, appointments] = await Promise.all(
      ["busy", "events", "appointments"].map((what) => get(userPath(what), range)),
    );
    if (JSON.stringify([busy.busy, events.events, appointments]) !== shown) calendar.refetchEvents();
    else tell(busy);
  }

  const timer = setInterval(() => (grid.isConnected ? look().catch(() => {}) : clearInterval(timer)), LOOK_EVERY);
  requestAnimationFrame(() => calendar.render());
  return [
    h("h2", {}, "My week"),
    state,
    h("div", { class: "card" }, grid),
    h("form", { class: "row", onsubmit: byHand }, byHandFields()),
    h("details", { class: "card" }, h("summary", {}, "Why time is blocked, as a list"), blocked),
  ];

  // Dragging over the grid needs a pointer; this does the same by keyboard.
  async function byHand(event) {
    event.preventDefault();
    const given = new FormData(event.target);
    const start = new Date(given.get("start"));
    const end = new Date(start.getTime() + Number(given.get("minutes")) * 60_000);
    const done = await kept(crypto.randomUUID(), {
      userId: caller().user,
      calendar: { id: "settings-page", kind: "team" },
      title: given.get("title"),
      start: start.toISOString(),
      end: end.toISOString(),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    if (done) event.target.reset();
  }
}

function byHandFields() {
  return [
    h("label", {}, "Title ", h("input", { id: "new-title", name: "title", required: true, maxlength: "255" })),
    h("label", {}, "Begins ", h("input", { id: "new-start", name: "start", type: "datetime-local", required: true })),
    h("label", {}, "Minutes ", h("input", { id: "new-minutes", name: "minutes", type: "number", min: "5", max: "1440", step: "5", value: "60", required: true })),
    h("button", { type: "submit", class: "primary" }, "Make an appointment"),
  ];
}

// An appointment's own event is shown as the appointment.
function strangers(events, appointments) {
  const own = new Set(appointments.map((one) => `${Date.parse(one.start)}|${Date.parse(one.end)}|${one.title}`));
  return events.filter((one) => !own.has(`${Date.parse(one.start)}|${Date.parse(one.end)}|${one.title}`));
}

function eventShown(event) {
  return {
    start: event.start,
    end: event.end,
    allDay: event.allDay,
    title: event.title ?? (event.private ? "Private" : "Busy"),
    className: `theirs ${event.availability}`,
    color: COLORS.theirs,
    editable: false,
  };
}

function appointmentShown(appointment) {
  return {
    id: appointment.id,
    start: appointment.start,
    end: appointment.end,
    title: appointment.title,
    className: `appointment ${appointment.sync.state}`,
    color: appointment.sync.state === "failed" ? COLORS.failed : COLORS.appointment,
    editable: true,
    extendedProps: { appointment, why: appointment.sync.reason ?? appointment.title },
  };
}

function asked(title, text, value) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "asked-title" },
      h(
        "form",
        { method: "dialog", onsubmit: () => dialog.close(dialog.querySelector("input").value.trim()) },
        h("h2", { id: "asked-title" }, title),
        h("p", {}, text),
        h("label", {}, "Title ", h("input", { id: "asked-value", value, required: true, maxlength: "255" })),
        h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"), h("button", { type: "submit", class: "primary" }, "Save")),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function span({ start, end }) {
  return new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).formatRange(new Date(start), new Date(end));
}

function styles(file) {
  if (document.querySelector(`link[href$="${file}"]`)) return;
  document.head.append(h("link", { rel: "stylesheet", href: new URL(file, import.meta.url).href }));
}
