// Elements from plain values: text is always text, never markup.

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...shown(children));
  return element;
}

// Keeps the focus where it was: on the new element of the same id, else on the container.
export function fill(container, ...children) {
  const focused = document.activeElement;
  const inside = container.contains(focused);
  container.replaceChildren(...shown(children));
  if (!inside) return;
  const again = focused.id && document.getElementById(focused.id);
  if (!again) container.tabIndex = -1;
  (again || container).focus({ preventScroll: true });
}

const shown = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");

// Text from outside (names, titles, addresses) may run from right to left. It keeps that to itself,
// without the characters that would let it out: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

export const outside = (text) => h("bdi", {}, tamed(text));

// The same where no element can stand, as in an attribute.
export const isolated = (text) => `\u2068${tamed(text)}\u2069`;

const tamed = (text) => String(text ?? "").replace(REORDERING, "");

export function badge(kind, text) {
  return h("span", { class: `badge ${kind}` }, text);
}

// A colour from outside is set as a property: a style attribute would be inline style.
export function swatch(color) {
  const dot = h("span", { class: "swatch", "aria-hidden": "true" });
  if (color) dot.style.setProperty("background-color", color);
  return dot;
}
