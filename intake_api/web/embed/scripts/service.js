/* The service as this script asks it, and the one thing kept of it: an opaque token, in this tab (H-19). */

const HOME = new URL("..", import.meta.url).href.replace(/\/$/, "");
const STORED = "vestibule-chat";
const PATIENCE = 20000; // milliseconds until no answer is taken for one

function tell(method, path, body, bearer) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = "Bearer " + bearer;
  return fetch(HOME + path, {
    method: method,
    headers: headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    keepalive: method === "DELETE", // it arrives even if the page is left at once
    signal: AbortSignal.timeout(PATIENCE),
  });
}

function remembered() {
  try {
    return sessionStorage.getItem(STORED);
  } catch (error) {
    return null;
  }
}

function remember(value) {
  try {
    if (value) sessionStorage.setItem(STORED, value);
    else sessionStorage.removeItem(STORED);
  } catch (error) {
    // Storage is blocked: the chat works without it until the page is left.
  }
}
