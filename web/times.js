// Times as elements: how long ago, and when exactly on hover; they keep up with the clock.

import { h } from "./dom.js";
import { ago, moment } from "./words.js";

const EVERY = 20_000;

export const time = (text) => h("time", { class: "ago", datetime: text, title: moment(text) }, ago(text));

export function keepTimes() {
  setInterval(() => {
    for (const one of document.querySelectorAll("time.ago")) one.textContent = ago(one.dateTime);
  }, EVERY);
}
