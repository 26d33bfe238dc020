// The API, as the page needs it: JSON in and out, problems as errors that people can read.

import { bearer, caller, renew } from "./session.js";

const BASE = new URL("..", import.meta.url); // /api/
const SECONDS = 30;
const UNREACHABLE = "The service cannot be reached right now. Check your connection and try again.";
const UNKNOWN = "Something went wrong. Try again later.";

export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export const locationPath = (rest) => `locations/${encodeURIComponent(caller().location)}/${rest}`;
export const userPath = (rest, user = caller().user) =>
  locationPath(`users/${encodeURIComponent(user)}/${rest}`);

export async function get(path, query = {}) {
  return (await call("GET", withQuery(path, query))).body;
}

export async function getVersioned(path) {
  const { body, headers } = await call("GET", path);
  return { value: body, version: headers.get("ETag") };
}

export async function put(path, body, version) {
  const { body: kept, headers } = await call("PUT", path, body, version ? { "If-Match": version } : {});
  return { value: kept, version: headers.get("ETag") };
}

export async function post(path, body) {
  return (await call("POST", path, body)).body;
}

export async function remove(path) {
  await call("DELETE", path);
}

async function call(method, path, body, headers = {}) {
  const token = bearer();
  try {
    return await once(method, path, body, headers);
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await renew(token);
    return once(method, path, body, headers);
  }
}

async function once(method, path, body, headers) {
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), {
      method,
      headers: {
        Authorization: `Bearer ${bearer()}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(SECONDS * 1000),
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, "unreachable", UNREACHABLE);
  }
  if (!answer.ok) throw await problemOf(answer);
  return { body: await bodyOf(answer), headers: answer.headers };
}

async function bodyOf(answer) {
  try {
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  } catch {
    throw new Problem(answer.status, "unknown", UNKNOWN);
  }
}

async function problemOf(answer) {
  try {
    const said = await answer.json();
    return new Problem(answer.status, said.code ?? "unknown", said.detail || UNKNOWN);
  } catch {
    return new Problem(answer.status, "unknown", UNKNOWN);
  }
}

function withQuery(path, query) {
  const given = new URLSearchParams(query).toString();
  return given ? `${path}?${given}` : path;
}
