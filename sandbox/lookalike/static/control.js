// The sandbox's control API: JSON in, JSON out.

/** What is said while the sandbox cannot be reached. */
export const SILENT = "The sandbox does not answer.";

/** The sandbox said no, or nothing; the message is a sentence. */
export class Refused extends Error {}

/** One call under /sandbox. Throws Refused for anything but a success. */
export async function ask(method, path, { query = {}, body } = {}) {
  const asked = new URLSearchParams(query).toString();
  const headers = body ? { "Content-Type": "application/json" } : {};
  const sent = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  const answer = await fetch(`/sandbox${path}${asked && `?${asked}`}`, sent).catch(() => {
    throw new Refused(SILENT);
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(sentence(told) ?? `The sandbox answered ${answer.status}.`);
  return told;
}

/** A path of encoded parts. */
export function path(...parts) {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

function sentence({ error }) {
  return typeof error === "string" ? error : error?.message;
}
