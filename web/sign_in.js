// Opens the window for a sign-in and waits for its end.

import { locationPath } from "./api.js";
import { bearer, caller } from "./session.js";

const READY = "calendar-sync:connect-ready";
const START = "calendar-sync:connect-start";
const DONE = "calendar-sync:connect-done";
const LOOK_EVERY = 1000;

// Resolves with {error, text} as the window tells, or with null where it was closed or cannot tell.
export function signIn(provider) {
  const page = new URL("connect.html", import.meta.url);
  const opened = window.open(page, `connect-${provider}`, "popup,width=520,height=720");
  if (!opened) {
    return Promise.reject(new Error("Your browser has blocked the sign-in window. Allow windows of this page and try again."));
  }
  const path = locationPath(`users/${encodeURIComponent(caller().user)}/connections/${provider}`);
  return new Promise((resolve) => {
    const timer = setInterval(() => opened.closed && end(null), LOOK_EVERY);
    window.addEventListener("message", heard);

    function heard(event) {
      if (event.source !== opened || event.origin !== page.origin) return;
      if (event.data?.type === READY) {
        opened.postMessage({ type: START, path, token: bearer() }, page.origin);
      } else if (event.data?.type === DONE) {
        end(event.data);
      }
    }

    function end(result) {
      clearInterval(timer);
      window.removeEventListener("message", heard);
      resolve(result);
    }
  });
}
