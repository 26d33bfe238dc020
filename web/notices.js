// Sentences for everybody to see and hear, on top of the page.

import { h } from "./dom.js";

const place = () => document.getElementById("notices");

export function notice(kind, text, action) {
  clear();
  const close = h("button", { type: "button", class: "plain", onclick: clear, "aria-label": "Dismiss" }, "×");
  place().append(h("div", { class: `notice ${kind}` }, h("p", {}, text), action ?? null, close));
}

export function failed(error) {
  notice("bad", error.message);
}

export function clear() {
  place().replaceChildren();
}
