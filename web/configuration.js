// Which calendar is primary, which are checked for conflicts, and what blocks time.

import { get, getVersioned, put, userPath } from "./api.js";
import { box, calendarLabel, calendarLine, chosenCalendar, grouped, keyOf, notListed, radio, unlistedGroup } from "./choices.js";
import { fill, h } from "./dom.js";
import { failed, notice } from "./notices.js";
import { SERIES, providerName } from "./words.js";

const READ_ONLY = "may only be read";

export async function fetchConfiguration(user) {
  const [configuration, listed, { connections }] = await Promise.all([
    getVersioned(userPath("configuration", user)),
    get(userPath("calendars", user)).catch((problem) => ({ calendars: [], problem })),
    get(userPath("connections", user)),
  ]);
  return { user, ...configuration, unlisted: undefined, problem: undefined, ...listed, connections };
}

// `state` is what was fetched; `changed` is called once something new is kept. The section's
// `refresh` shows what has come meanwhile, and keeps what somebody is editing.
export function configurationSection(state, changed) {
  const section = h("section", { "aria-labelledby": "calendars-title" });
  let editing = "";
  let saving = false;
  const show = () => fill(section, heading(), missing(), parts());

  function heading() {
    return h("h2", { id: "calendars-title", tabindex: "-1" }, "Calendar configuration");
  }

  function parts() {
    return [
      part("primary", "Primary calendar", "Appointments are written to it, and its events block time.", primaryShown, primaryChoices),
      part("conflicts", "Check for conflicts", "Their events block time. Nothing is written to them.", conflictsShown, conflictChoices),
      part("policies", "What blocks time", "", policiesShown, policyChoices),
    ];
  }

  function part(name, title, text, shown, choices) {
    const open = editing === name;
    return h(
      "form",
      { class: "card", "aria-label": title, onsubmit: (event) => save(event, name) },
      h(
        "div",
        { class: "row" },
        h("h3", {}, title),
        !open && h("button", { id: `edit-${name}`, type: "button", "aria-label": `Edit ${title.toLowerCase()}`, onclick: () => edit(name) }, "Edit"),
      ),
      text && h("p", { class: "quiet" }, text),
      open ? choices() : shown(),
      open &&
        h(
          "div",
          { class: "actions" },
          h("button", { id: "cancel", type: "button", onclick: () => edit("") }, "Cancel"),
          h("button", { id: "save", type: "submit", class: "primary" }, "Save"),
        ),
    );
  }

  function edit(name) {
    const before = editing;
    editing = name;
    show();
    const targets = name ? ["input[type=radio]:checked:enabled", "input:enabled", "#cancel"] : [`#edit-${before}`];
    targets.map((one) => section.querySelector(one)).find(Boolean)?.focus();
  }

  async function save(event, name) {
    event.preventDefault();
    if (saving) return;
    saving = true;
    const wanted = { ...state.value, ...READERS[name](new FormData(event.target), state) };
    try {
      Object.assign(state, await put(userPath("configuration", state.user), wanted, state.version));
      notice("good", "Kept. Calendars that are new are read now.");
      edit("");
      await changed();
    } catch (problem) {
      if (problem.status === 412) await changedElsewhere();
      else failed(problem);
    } finally {
      saving = false;
    }
  }

  async function changedElsewhere() {
    try {
      Object.assign(state, await fetchConfiguration(state.user));
      notice("warn", "Somebody has changed the configuration meanwhile. This is how it is now; make your change again.");
      edit(editing);
    } catch (problem) {
      failed(problem);
    }
  }

  // Of which accounts the calendars are not known, and why.
  function missing() {
    const said = [...(state.unlisted ?? []), ...(state.problem ? [{ detail: state.problem.message }] : [])];
    if (!said.length) return null;
    const again = () => section.refresh().catch(failed);
    return h(
      "div",
      { class: "card" },
      said.map((one) => h("p", { class: "trouble" }, one.provider && `${providerName(one.provider)}: `, one.detail)),
      h("div", { class: "actions" }, h("button", { id: "list-again", type: "button", onclick: again }, "List the calendars again")),
    );
  }

  function primaryShown() {
    return state.value.primary ? h("p", {}, calendarLine(state.value.primary, state)) : h("p", {}, "None: appointments are not written anywhere.");
  }

  function conflictsShown() {
    if (!state.value.conflicts.length) return h("p", {}, "None.");
    return h("ul", { class: "plain" }, state.value.conflicts.map((one) => h("li", {}, calendarLine(one, state))));
  }

  function primaryChoices() {
    const current = state.value.primary && keyOf(state.value.primary);
    const gone = notListed(state.value.primary ? [state.value.primary] : [], state);
    return [
      radio("primary", "", "None", { checked: !current }),
      grouped(state, (calendar) => {
        const checked = keyOf(calendar) === current;
        const note = !calendar.canWrite && READ_ONLY;
        return radio("primary", keyOf(calendar), calendarLabel(calendar), { checked, barred: !checked && note, note });
      }),
      unlistedGroup(gone, (key, label) => radio("primary", key, label, { checked: true })),
    ];
  }

  function conflictChoices() {
    const primary = state.value.primary && keyOf(state.value.primary);
    const chosen = new Set(state.value.conflicts.map(keyOf));
    return [
      grouped(state, (calendar) => {
        const key = keyOf(calendar);
        const barred = key === primary && "is the primary calendar";
        return box("conflicts", key, calendarLabel(calendar), { checked: chosen.has(key), barred, note: barred || (!calendar.canWrite && READ_ONLY) });
      }),
      unlistedGroup(notListed(state.value.conflicts, state), (key, label) => box("conflicts", key, label, { checked: true })),
    ];
  }

  function policiesShown() {
    const { value } = state;
    return h(
      "ul",
      { class: "plain" },
      h("li", {}, h("strong", {}, value.recurringEvents === "first" ? "Recurring events: the first only. " : "Recurring events: every one. "), SERIES[value.recurringEvents]),
      h("li", {}, value.busyWhenTentative ? "Tentative events block time." : "Tentative events do not block time."),
      h("li", {}, value.busyWhenElsewhere ? "“Working elsewhere” blocks time." : "“Working elsewhere” does not block time."),
      h("li", {}, value.ignoreAllDay ? "All-day events do not block time." : "All-day events block time."),
    );
  }

  function policyChoices() {
    const { value } = state;
    return [
      h(
        "fieldset",
        {},
        h("legend", {}, "Recurring events"),
        ["first", "every"].map((name) =>
          radio("recurringEvents", name, [h("strong", {}, name === "first" ? "The first event only" : "Every event"), h("span", { class: "quiet" }, ` ${SERIES[name]}`)], {
            checked: value.recurringEvents === name,
          }),
        ),
      ),
      box("flags", "busyWhenTentative", "Tentative events block time", { checked: value.busyWhenTentative }),
      box("flags", "busyWhenElsewhere", "“Working elsewhere” blocks time", { checked: value.busyWhenElsewhere }),
      box("flags", "ignoreAllDay", "All-day events do not block time", { checked: value.ignoreAllDay }),
    ];
  }

  section.refresh = async () => {
    const found = await fetchConfiguration(state.user);
    const edited = new Map([...section.querySelectorAll("input")].map((input) => [input.id, input.checked]));
    Object.assign(state, editing ? { ...found, value: state.value, version: state.version } : found);
    show();
    for (const input of section.querySelectorAll("input")) {
      input.checked = edited.get(input.id) ?? input.checked;
    }
  };
  show();
  return section;
}

const READERS = {
  primary: (given, state) => {
    const primary = chosenCalendar(given.get("primary"));
    return { primary, conflicts: state.value.conflicts.filter((one) => !primary || keyOf(one) !== keyOf(primary)) };
  },
  conflicts: (given) => ({ conflicts: given.getAll("conflicts").map(chosenCalendar) }),
  policies: (given) => {
    const flags = given.getAll("flags");
    return {
      recurringEvents: given.get("recurringEvents"),
      busyWhenTentative: flags.includes("busyWhenTentative"),
      busyWhenElsewhere: flags.includes("busyWhenElsewhere"),
      ignoreAllDay: flags.includes("ignoreAllDay"),
    };
  },
};
