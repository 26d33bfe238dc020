// Draws the week: heads of the days, bars, hours, blocks, the line of now.

import { clock, shortDay } from "./days.js";
import { byId, element } from "./elements.js";
import { barsOf, blocksOf } from "./layout.js";
import { eventName, remarksOn } from "./names.js";
import { wallOf } from "./zone.js";

/** Draw `days` with `events`; `fresh` are keys of events to highlight. Focus stays on its event. */
export function drawWeek({ days, events, zone, fresh }) {
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  byId("week").style.setProperty("--days", days.length);
  byId("heads").replaceChildren(...days.map(headOf));
  drawBars(barsOf(events, days, zone), zone, fresh);
  drawColumns(blocksOf(events, days, zone), days, zone, fresh);
  if (focused) find(focused)?.focus({ preventScroll: true });
}

/** The button of an event, if it is drawn. */
export function find(key) {
  return document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
}

/** Draw the hours once. */
export function drawAxis() {
  const hours = Array.from({ length: 23 }, (_, index) => (index + 1) * 60);
  const labels = hours.map((top) => element("span", { vars: { top }, textContent: clock(top) }));
  byId("axis").replaceChildren(...labels);
}

/** Mark today and put the line of now to an instant. */
export function drawNow(now, zone) {
  const { day, minute } = wallOf(now, zone);
  for (const head of byId("heads").children) {
    const today = head.dataset.day === day;
    if (today) head.setAttribute("aria-current", "date");
    else head.removeAttribute("aria-current");
  }
  for (const column of byId("columns").children) {
    column.classList.toggle("today", column.dataset.day === day);
    column.style.setProperty("--now", minute);
  }
}

function headOf(day) {
  const [weekday, number, month] = shortDay(day).split(" ");
  const date = element("b", { textContent: number });
  return element("div", { attributes: { "data-day": day } }, `${weekday} `, date, ` ${month}`);
}

function drawBars(bars, zone, fresh) {
  const made = bars.map((bar) => {
    const button = eventButton(bar.event, zone, fresh);
    button.classList.add("bar");
    button.classList.toggle("before", bar.before);
    button.classList.toggle("after", bar.after);
    const vars = { from: bar.from + 1, to: bar.to + 1, lane: bar.lane + 1 };
    for (const [name, value] of Object.entries(vars)) button.style.setProperty(`--${name}`, value);
    return button;
  });
  byId("bars").replaceChildren(...made);
}

function drawColumns(blocks, days, zone, fresh) {
  const columns = days.map((day, index) => {
    const mine = blocks.filter((block) => block.column === index);
    const attributes = { "data-day": day, role: "group", "aria-label": shortDay(day) };
    return element(
      "div",
      { className: "column", attributes },
      ...mine.map((block) => blockElement(block, zone, fresh)),
      element("div", { className: "now", attributes: { "aria-hidden": "true" } }),
    );
  });
  byId("columns").replaceChildren(...columns);
}

function blockElement(block, zone, fresh) {
  const { event, top, bottom, place, places } = block;
  const made = block.begins ? eventButton(event, zone, fresh) : continuation(event, fresh);
  made.classList.add("block");
  made.classList.toggle("short", bottom - top < 45);
  const vars = { top, length: bottom - top, place, places };
  for (const [name, value] of Object.entries(vars)) made.style.setProperty(`--${name}`, value);
  if (block.ends && event.movable) made.append(element("i", { className: "edge" }));
  return made;
}

/** The second day of an event: one event is one button, so this is hidden from assistive tools. */
function continuation(event, fresh) {
  const attributes = { "data-key": event.key, "aria-hidden": "true" };
  const className = classesOf(event, fresh);
  return element("div", { className, attributes }, element("span", { textContent: event.subject }));
}

function eventButton(event, zone, fresh) {
  const time = event.allDay ? "" : clock(wallOf(event.start, zone).minute);
  const attributes = { "data-key": event.key, "aria-label": eventName(event, zone) };
  return element(
    "button",
    { type: "button", title: remarksOn(event), className: classesOf(event, fresh), attributes },
    element("span", { className: "subject", textContent: event.subject || "(no subject)" }),
    element("span", { className: "time", textContent: time }),
  );
}

function classesOf(event, fresh) {
  const flags = {
    private: event.private,
    gone: event.cancelled || event.response === "declined",
    unanswered: event.response === "none",
    movable: event.movable,
    fresh: fresh.has(event.key),
  };
  const set = Object.keys(flags).filter((name) => flags[name]);
  return ["event", `colour-${event.calendar.colour}`, `as-${event.showAs}`, ...set].join(" ");
}
