// How long changes took to be read, over the last day: a bar an hour, parted by how long.

import { h, svg } from "./dom.js";
import { table } from "./table.js";
import { counted } from "./words.js";

const TALL = 140;
const BAR = 10;

export function lagPlot({ bounds, hours }) {
  const names = [...bounds.map((seconds) => `within ${duration(seconds)}`), "longer"];
  const all = sum(hours.flatMap((one) => one.counts));
  return h(
    "section",
    { class: "card", "aria-labelledby": "lag-title" },
    h("h3", { id: "lag-title" }, "How long changes took to be read, over the last day"),
    all ? [h("p", {}, inWords(hours, bounds, all)), plot(hours, names), legend(names)] : h("p", {}, "Nothing has changed in the last day."),
    h("p", { class: "quiet" }, "Counted are the readings that found changes: from the notification on, or from the reading before where none came."),
    all > 0 && h("details", {}, h("summary", {}, "The same as a table"), numbers(hours, names)),
  );
}

// The bars are stretched to the width that there is; text would be stretched with them.
function plot(hours, names) {
  const most = Math.max(...hours.map((one) => sum(one.counts)));
  return h(
    "div",
    { class: "plot" },
    h("p", { class: "quiet" }, `Highest: ${most} in an hour`),
    svg(
      "svg",
      { viewBox: `0 0 ${hours.length * BAR} ${TALL}`, preserveAspectRatio: "none", role: "img", "aria-labelledby": "lag-title" },
      hours.map((one, n) => bar(one, n * BAR, TALL / most, names)),
    ),
    h("div", { class: "clocks", "aria-hidden": "true" }, hours.filter((_, n) => n % 3 === 0).map((one) => h("span", {}, clock(one.hour)))),
  );
}

function bar(hour, x, scale, names) {
  let y = TALL;
  return hour.counts.map((count, n) => {
    if (!count) return null;
    y -= count * scale;
    const title = svg("title", {}, `${clock(hour.hour)}: ${count} ${names[n]}`);
    return svg("rect", { x: x + 1, y, width: BAR - 2, height: count * scale, class: `lag-${n}` }, title);
  });
}

function legend(names) {
  const mark = (n) => svg("svg", { viewBox: "0 0 10 10", class: "mark", "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, class: `lag-${n}` }));
  return h("ul", { class: "legend" }, names.map((name, n) => h("li", {}, mark(n), name)));
}

// Half of them, nearly all, and the longest.
function inWords(hours, bounds, all) {
  const counts = hours[0].counts.map((_, n) => sum(hours.map((one) => one.counts[n])));
  const within = (share) => {
    let seen = 0;
    const place = counts.findIndex((count) => (seen += count) >= share * all);
    return place < bounds.length ? `within ${duration(bounds[place])}` : `in more than ${duration(bounds.at(-1))}`;
  };
  const longest = Math.max(...hours.map((one) => one.longestSeconds));
  return `${counted(all, "reading")}: half of them ${within(0.5)}, 95 of 100 ${within(0.95)}; the longest took ${duration(longest)}.`;
}

function numbers(hours, names) {
  const rows = hours.filter((one) => sum(one.counts)).map((one) => [clock(one.hour), ...one.counts.map(String)]);
  return table("Lag by the hour", ["Hour from", ...names], rows);
}

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const clock = (text) => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(new Date(text));

function duration(seconds) {
  if (seconds < 1) return "less than 1 s";
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
