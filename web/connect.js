// The window in which somebody signs in. It begins the sign-in itself, so that the cookie that
// binds it to this browser is set where the provider comes back to, also when the page that opened
// it is framed by the CRM.

const READY = "calendar-sync:connect-ready";
const START = "calendar-sync:connect-start";
const DONE = "calendar-sync:connect-done";

const message = document.getElementById("message");
const close = document.getElementById("close");
close.addEventListener("click", () => window.close());

const answer = new URLSearchParams(window.location.search);
if (answer.has("connected") || answer.has("error")) finish();
else begin();

function begin() {
  if (!window.opener) return say("Open this window from the settings page.");
  window.addEventListener("message", async (event) => {
    if (event.origin !== window.location.origin || event.data?.type !== START) return;
    try {
      window.location.assign(await addressFor(event.data));
    } catch (error) {
      say(error.message);
    }
  });
  window.opener.postMessage({ type: READY }, window.location.origin);
}

async function addressFor(started) {
  const answered = await begun(started).catch(() => null);
  const said = await answered?.json().catch(() => null);
  if (!answered?.ok || !said) throw new Error(said?.detail ?? "The service cannot be reached right now. Close this window and try again.");
  return said.authorizationUrl;
}

function begun({ path, token }) {
  const returnUrl = new URL("connect.html", window.location.href).href;
  return fetch(new URL(`../${path}`, window.location.href), {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ returnUrl }),
  });
}

// The sentence comes in the fragment, which no server sees.
function finish() {
  const error = answer.get("error");
  const detail = new URLSearchParams(window.location.hash.slice(1)).get("error_description");
  const text = error ? (detail ?? "The account was not connected.") : "The account is connected.";
  say(text);
  window.opener?.postMessage(
    { type: DONE, connected: answer.get("connected"), error, text },
    window.location.origin,
  );
  if (!error) window.close();
}

function say(text) {
  message.textContent = text;
  close.hidden = false;
}
