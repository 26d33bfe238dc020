// What the pointer does in the week: move, change the length, span a new time. Escape calls it off.

import { byId } from "./elements.js";
import { clearPreview, previewBar, previewBlock } from "./preview.js";
import { endingAt, movedBy, movedByDays, spanOf } from "./shifts.js";

const THRESHOLD = 5;
let running = null;

/** Whether a gesture is under way; the week should not be drawn anew then. */
export const gestureRunning = () => Boolean(running?.started);

/**
 * Watch the week. `context()` gives {days, zone, eventOf(key)}; `done(event, times)` hears of a move,
 * `made(times)` of a new span, `over()` of the end of any gesture.
 */
export function watchGestures({ context, done, made, over }) {
  const week = byId("week");
  week.addEventListener("pointerdown", (press) => {
    if (press.button === 0 && press.isPrimary) running = begin(press, context());
  });
  week.addEventListener("pointermove", (move) => {
    if (!running || move.pointerId !== running.pointer) return;
    if (!running.started && distance(running, move) < THRESHOLD) return;
    if (!running.started) start(week);
    running.times = running.follow(move);
  });
  week.addEventListener("pointerup", () => {
    const { started, event, times } = running ?? {};
    stop(week, over);
    if (!started || !times) return;
    swallowClick(week);
    if (event) done(event, times);
    else made(times);
  });
  week.addEventListener("pointercancel", () => stop(week, over));
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !gestureRunning()) return;
    swallowClick(week);
    stop(week, over);
  });
}

function begin(press, { days, zone, eventOf }) {
  const held = { pointer: press.pointerId, x: press.clientX, y: press.clientY, started: false };
  const target = press.target.closest("[data-key]");
  if (!target) return spanning(press, held, days, zone);
  const event = eventOf(target.dataset.key);
  if (!event?.movable) return null;
  const first = placeOf(press, days);
  const keys = { ...held, event, key: target.dataset.key };
  if (target.classList.contains("bar")) {
    const shift = (move) => placeOf(move, days).column - first.column;
    return { ...keys, follow: (move) => {
      previewBar(target, shift(move));
      return movedByDays(event, shift(move), zone);
    } };
  }
  const isEdge = press.target.classList.contains("edge");
  return { ...keys, follow: (move) => {
    const now = placeOf(move, days);
    const times = isEdge
      ? endingAt(event, first.day, now.minute, zone)
      : movedBy(event, now.column - first.column, now.minute - first.minute, zone);
    previewBlock({ ...event, ...times }, days, zone);
    return times;
  } };
}

function spanning(press, held, days, zone) {
  if (!press.target.classList.contains("column") || press.pointerType === "touch") return null;
  const { day, minute } = placeOf(press, days);
  return { ...held, follow: (move) => {
    const times = spanOf(day, minute, placeOf(move, days).minute, zone);
    previewBlock({ subject: "New event", ...times }, days, zone);
    return times;
  } };
}

/** The day, its column and the minute under the pointer. */
export function placeOf({ clientX, clientY }, days) {
  const box = byId("columns").getBoundingClientRect();
  const across = Math.floor(((clientX - box.left) / box.width) * days.length);
  const column = Math.min(Math.max(across, 0), days.length - 1);
  const minute = ((clientY - box.top) / box.height) * 1440;
  return { column, day: days[column], minute: Math.min(Math.max(minute, 0), 1440) };
}

function start(week) {
  running.started = true;
  week.setPointerCapture(running.pointer);
  if (!running.key) return;
  const drawn = week.querySelectorAll(`[data-key="${CSS.escape(running.key)}"]`);
  for (const element of drawn) element.classList.add("lifted");
}

function stop(week, over) {
  const { started, pointer } = running ?? {};
  running = null;
  if (!started) return;
  if (week.hasPointerCapture(pointer)) week.releasePointerCapture(pointer);
  for (const element of week.querySelectorAll(".lifted")) element.classList.remove("lifted");
  clearPreview();
  over();
}

const distance = (held, { clientX, clientY }) => Math.hypot(clientX - held.x, clientY - held.y);

/** The click that ends a drag opens nothing. */
function swallowClick(week) {
  const swallow = (click) => click.stopPropagation();
  week.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => week.removeEventListener("click", swallow, { capture: true }), 50);
}
