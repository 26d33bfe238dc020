// Questions that must be answered before the page goes on.

import { h } from "./dom.js";

// `buttons` are [text, answer, kind]; the primary one asks for all fields of `content`, any other
// just ends it. Resolves with the answer, "" where there was none, and what was entered.
export function asked(title, content, buttons) {
  return new Promise((resolve) => {
    const button = ([text, answer, kind = ""]) =>
      kind === "primary"
        ? h("button", { type: "submit", class: kind, value: answer }, text)
        : h("button", { type: "button", class: kind, onclick: () => dialog.close(answer) }, text);
    const form = h("form", { onsubmit: submitted }, h("h2", { id: "dialog-title" }, title), content, h("div", { class: "actions" }, buttons.map(button)));
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);

    function submitted(event) {
      event.preventDefault();
      dialog.close(event.submitter?.value ?? buttons.at(-1)[1]);
    }

    dialog.addEventListener("close", () => {
      const given = new FormData(form);
      dialog.remove();
      resolve({ answer: dialog.returnValue, given });
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Asks before something that cannot be taken back.
export async function confirmed(title, sentences, action) {
  const { answer } = await asked(title, sentences.map((sentence) => h("p", {}, sentence)), [["Cancel", ""], [action, "yes", "danger"]]);
  return answer === "yes";
}
