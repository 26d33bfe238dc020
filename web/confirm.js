// Asks before something that cannot be taken back.

import { h } from "./dom.js";

export function confirmed(title, sentences, action) {
  return new Promise((resolve) => {
    const answer = (value) => () => dialog.close(value);
    const dialog = h(
      "dialog",
      { "aria-labelledby": "confirm-title" },
      h("h2", { id: "confirm-title" }, title),
      sentences.map((sentence) => h("p", {}, sentence)),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: answer("") }, "Cancel"),
        h("button", { type: "button", class: "danger", onclick: answer("yes") }, action),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
