// Where an event would stand if the pointer let go now.

import { byId, element } from "./elements.js";
import { blocksOf } from "./layout.js";
import { whenOf } from "./names.js";

/** Show a block in its columns, with its times. */
export function previewBlock(event, days, zone) {
  clearPreview();
  for (const { column, top, bottom } of blocksOf([event], days, zone)) {
    const colour = event.calendar ? `colour-${event.calendar.colour}` : "wanted";
    const made = element(
      "div",
      {
        className: `event block preview ${colour}`,
        vars: { top, length: bottom - top, place: 0, places: 1 },
        attributes: { "aria-hidden": "true" },
      },
      element("span", { className: "subject", textContent: event.subject }),
      element("span", { className: "time", textContent: whenOf(event, zone) }),
    );
    byId("columns").children[column].append(made);
  }
}

/** Show a bar of the all-day row so many columns further. */
export function previewBar(bar, shift) {
  clearPreview();
  const made = bar.cloneNode(true);
  made.classList.remove("lifted");
  made.classList.add("preview");
  for (const name of ["data-key", "aria-label", "title"]) made.removeAttribute(name);
  made.setAttribute("aria-hidden", "true");
  made.tabIndex = -1;
  const columns = byId("heads").children.length;
  const [from, to] = ["--from", "--to"].map((name) => Number(bar.style.getPropertyValue(name)));
  made.style.setProperty("--from", Math.min(Math.max(from + shift, 1), columns));
  made.style.setProperty("--to", Math.min(Math.max(to + shift, 2), columns + 1));
  byId("bars").append(made);
}

/** Show nothing any more. */
export function clearPreview() {
  for (const shown of document.querySelectorAll(".preview")) shown.remove();
}
