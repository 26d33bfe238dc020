// Calendars as people see and choose them: colour, name, owner, and what may be done.

import { badge, h, outside, swatch } from "./dom.js";
import { providerName } from "./words.js";

export const keyOf = ({ provider, calendarId }) => `${provider}|${calendarId}`;

export function chosenCalendar(key) {
  if (!key) return null;
  const [provider, ...rest] = key.split("|");
  return { provider, calendarId: rest.join("|") };
}

export function calendarLine(choice, { calendars }) {
  const calendar = calendars.find((one) => keyOf(one) === keyOf(choice));
  if (!calendar) return h("span", { class: "calendar" }, unlistedLabel(choice));
  return h("span", { class: "calendar" }, calendarLabel(calendar), h("span", { class: "quiet" }, ` · ${providerName(calendar.provider)}`));
}

export function calendarLabel(calendar) {
  const said = calendar.owner?.address ?? calendar.owner?.name;
  const owner = said !== calendar.name && said;
  return [
    swatch(calendar.color),
    h("span", {}, outside(calendar.name)),
    owner && h("span", { class: "quiet" }, " of ", outside(owner)),
    calendar.isDefault && [" ", badge("", "default")],
  ];
}

const unlistedLabel = ({ provider }) => `A calendar of ${providerName(provider)} that is not listed now`;

// All calendars, a group for each account, each as `line` shows it.
export function grouped({ calendars, connections, unlisted, problem }, line) {
  if (!calendars.length) {
    const why = unlisted || problem ? "The calendars are not known right now." : "No calendars: connect an account first.";
    return h("p", { class: "quiet" }, why);
  }
  const providers = [...new Set(calendars.map((one) => one.provider))];
  return providers.map((provider) => {
    const address = connections.find((one) => one.provider === provider)?.email;
    const ones = calendars.filter((one) => one.provider === provider);
    return h("fieldset", {}, h("legend", {}, providerName(provider), address && [" · ", outside(address)]), ones.map(line));
  });
}

// What is chosen and not listed any more can be kept, and can be let go.
export const notListed = (chosen, { calendars }) => chosen.filter((one) => !calendars.some((listed) => keyOf(listed) === keyOf(one)));

export const unlistedGroup = (ones, line) => ones.length > 0 && h("fieldset", {}, h("legend", {}, "Not listed now"), ones.map((one) => line(keyOf(one), unlistedLabel(one))));

export const radio = (name, value, label, given) => option("radio", name, value, label, given);
export const box = (name, value, label, given) => option("checkbox", name, value, label, given);

function option(type, name, value, label, { checked, barred, note = barred }) {
  return h(
    "label",
    { class: barred ? "option barred" : "option" },
    h("input", { id: `${name}|${value}`, type, name, value, checked: Boolean(checked), disabled: Boolean(barred) }),
    h("span", {}, label, note && h("span", { class: "quiet" }, ` (${note})`)),
  );
}
