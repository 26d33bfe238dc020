// Elements from plain values: text is always text, never markup.

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Keeps the focus where it was if the new content has an element of the same id.
export function fill(container, ...children) {
  const focused = document.activeElement;
  const id = container.contains(focused) ? focused.id : "";
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (id) document.getElementById(id)?.focus();
}

export function badge(kind, text) {
  return h("span", { class: `badge ${kind}` }, text);
}

// A colour from outside is set as a property: a style attribute would be inline style.
export function swatch(color) {
  const dot = h("span", { class: "swatch", "aria-hidden": "true" });
  if (color) dot.style.setProperty("background-color", color);
  return dot;
}
