// Tables, whose rows become cards on a telephone: each cell knows its column's title.

import { h } from "./dom.js";

// `rows` are lists of cells; the first cell names the row.
export function table(caption, titles, rows) {
  return h(
    "table",
    {},
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, titles.map((title) => h("th", { scope: "col" }, title)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, n) => (n ? h("td", { "data-title": titles[n] }, cell) : h("th", { scope: "row" }, cell)))))),
  );
}
