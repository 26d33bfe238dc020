// Looks again and again while the page is seen; says once that it fails, and takes that back.

import { failed } from "./notices.js";

const EVERY = 3000;

// Returns what ends it.
export function watch(look) {
  let ended = false;
  let told = null;

  async function again() {
    try {
      if (!document.hidden) await look();
      if (!document.hidden) told = told?.remove() ?? null;
    } catch (error) {
      if (!ended) told ??= failed(error);
    }
    if (!ended) setTimeout(again, EVERY);
  }

  setTimeout(again, EVERY);
  return () => (ended = true);
}
