// Making elements.

/** An element with properties, attributes (`attributes`), custom properties (`vars`), children. */
export function element(tag, { attributes = {}, vars = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const [name, value] of Object.entries(vars)) made.style.setProperty(`--${name}`, value);
  made.append(...children);
  return made;
}

/** The element with an id. */
export const byId = (id) => document.getElementById(id);
