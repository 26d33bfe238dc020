// Which calendar is primary, which are checked for conflicts, and what blocks time.

import { get, getVersioned, put, userPath } from "./api.js";
import { badge, fill, h, swatch } from "./dom.js";
import { failed, notice } from "./notices.js";
import { SERIES, providerName } from "./words.js";

export async function fetchConfiguration(user) {
  const [configuration, listed] = await Promise.all([
    getVersioned(userPath("configuration", user)),
    get(userPath("calendars", user)).catch((problem) => ({ calendars: [], problem })),
  ]);
  return { user, ...configuration, ...listed };
}

const keyOf = ({ provider, calendarId }) => `${provider}|${calendarId}`;

// `state` is what was fetched; `changed` is called once something new is kept. The section's
// `refresh` shows what has come meanwhile, and keeps what somebody is editing.
export function configurationSection(state, changed) {
  const section = h("section", { "aria-labelledby": "calendars-title" });
  let editing = "";
  const show = () => fill(section, heading(), missing(state), parts());

  function heading() {
    return h("h2", { id: "calendars-title" }, "Calendar configuration");
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
          h("button", { type: "button", onclick: () => edit("") }, "Cancel"),
          h("button", { type: "submit", class: "primary" }, "Save"),
        ),
    );
  }

  function edit(name) {
    const before = editing;
    editing = name;
    show();
    const target = name ? section.querySelector("input:not(:disabled)") : section.querySelector(`#edit-${before}`);
    target?.focus();
  }

  async function save(event, name) {
    event.preventDefault();
    const given = new FormData(event.target);
    const wanted = { ...state.value, ...READERS[name](given, state) };
    try {
      Object.assign(state, await put(userPath("configuration", state.user), wanted, state.version));
      editing = "";
      notice("good", "Kept. Calendars that are new are read now.");
      show();
      await changed();
    } catch (problem) {
      if (problem.status === 412) await changedElsewhere();
      else failed(problem);
    }
  }

  async function changedElsewhere() {
    Object.assign(state, await fetchConfiguration(state.user));
    notice("warn", "Somebody has changed the configuration meanwhile. This is how it is now; make your change again.");
    show();
  }

  function primaryShown() {
    return state.value.primary ? calendarLine(state.value.primary, state) : h("p", {}, "None: appointments are not written anywhere.");
  }

  function conflictsShown() {
    if (!state.value.conflicts.length) return h("p", {}, "None.");
    return h("ul", { class: "plain" }, state.value.conflicts.map((one) => h("li", {}, calendarLine(one, state))));
  }

  function primaryChoices() {
    const current = state.value.primary && keyOf(state.value.primary);
    return [
      radio("primary", "", "None", !current),
      grouped(state, (calendar) =>
        radio("primary", keyOf(calendar), calendarLabel(calendar), keyOf(calendar) === current, !calendar.canWrite && "may only be read"),
      ),
    ];
  }

  function conflictChoices() {
    const primary = state.value.primary && keyOf(state.value.primary);
    const chosen = new Set(state.value.conflicts.map(keyOf));
    return grouped(state, (calendar) => {
      const key = keyOf(calendar);
      return box("conflicts", key, calendarLabel(calendar), chosen.has(key), key === primary && "is the primary calendar");
    });
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
          radio("recurringEvents", name, [h("strong", {}, name === "first" ? "The first event only" : "Every event"), h("span", { class: "quiet" }, ` ${SERIES[name]}`)], value.recurringEvents === name),
        ),
      ),
      box("flags", "busyWhenTentative", "Tentative events block time", value.busyWhenTentative),
      box("flags", "busyWhenElsewhere", "“Working elsewhere” blocks time", value.busyWhenElsewhere),
      box("flags", "ignoreAllDay", "All-day events do not block time", value.ignoreAllDay),
    ];
  }

  section.refresh = async () => {
    const found = await fetchConfiguration(state.user);
    const edited = new Map([...section.querySelectorAll("input")].map((input) => [`${input.name}|${input.value}`, input.checked]));
    Object.assign(state, editing ? { ...found, value: state.value, version: state.version } : found);
    show();
    for (const input of section.querySelectorAll("input")) {
      input.checked = edited.get(`${input.name}|${input.value}`) ?? input.checked;
    }
  };
  show();
  return section;
}

const READERS = {
  primary: (given, state) => {
    const primary = chosenCalendar(state, given.get("primary"));
    return { primary, conflicts: state.value.conflicts.filter((one) => !primary || keyOf(one) !== keyOf(primary)) };
  },
  conflicts: (given, state) => {
    const known = new Set(state.calendars.map(keyOf));
    const unseen = state.value.conflicts.filter((one) => !known.has(keyOf(one)));
    return { conflicts: [...unseen, ...given.getAll("conflicts").map((key) => chosenCalendar(state, key))] };
  },
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

function chosenCalendar(state, key) {
  if (!key) return null;
  const [provider, ...rest] = key.split("|");
  return { provider, calendarId: rest.join("|") };
}

function missing({ unlisted, problem }) {
  const said = [...(unlisted ?? []), ...(problem ? [problem] : [])];
  return said.map((one) => h("p", { class: "trouble" }, one.provider ? `${providerName(one.provider)}: ` : "", one.detail ?? one.message));
}

function calendarLine(choice, { calendars }) {
  const calendar = calendars.find((one) => keyOf(one) === keyOf(choice));
  if (!calendar) return h("span", { class: "calendar" }, `A calendar of ${providerName(choice.provider)} that is not listed now`);
  return h("span", { class: "calendar" }, calendarLabel(calendar), h("span", { class: "quiet" }, ` ${providerName(calendar.provider)}`));
}

function calendarLabel(calendar) {
  const owner = calendar.owner?.address ?? calendar.owner?.name;
  return [swatch(calendar.color), h("span", {}, calendar.name), owner && h("span", { class: "quiet" }, ` of ${owner}`), calendar.isDefault && badge("", "default")];
}

function grouped({ calendars }, line) {
  if (!calendars.length) return h("p", { class: "quiet" }, "No calendars: connect an account first.");
  const groups = Map.groupBy ? Map.groupBy(calendars, (one) => one.provider) : groupedBy(calendars);
  return [...groups].map(([provider, ones]) => h("fieldset", {}, h("legend", {}, providerName(provider)), ones.map(line)));
}

function groupedBy(calendars) {
  const groups = new Map();
  for (const one of calendars) groups.set(one.provider, [...(groups.get(one.provider) ?? []), one]);
  return groups;
}

const radio = (name, value, label, checked, barred) => option("radio", name, value, label, checked, barred);
const box = (name, value, label, checked, barred) => option("checkbox", name, value, label, checked, barred);

function option(type, name, value, label, checked, barred) {
  return h(
    "label",
    { class: barred ? "option barred" : "option" },
    h("input", { id: `${name}|${value}`, type, name, value, checked: Boolean(checked), disabled: Boolean(barred) }),
    h("span", {}, label, barred && h("span", { class: "quiet" }, ` (${barred})`)),
  );
}
