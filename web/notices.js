// Sentences for everybody to see and hear, on top of the page.

import { h } from "./dom.js";

const place = () => document.getElementById("notices");

// Returns the element, so that who has said it can take it back.
export function notice(kind, ...sentence) {
  const close = h("button", { type: "button", class: "plain", onclick: dismissed, "aria-label": "Dismiss" }, "×");
  const shown = h("div", { class: `notice ${kind}` }, h("p", {}, sentence), close);
  place().replaceChildren(shown);
  return shown;
}

export function failed(error) {
  return notice("bad", error.message);
}

export function clear() {
  place().replaceChildren();
}

function dismissed() {
  clear();
  document.getElementById("content").focus({ preventScroll: true });
}
