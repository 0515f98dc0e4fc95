/* The service as a script on another page asks it: no cookie, no address of the page, no copy kept. */

const HOME = new URL("..", import.meta.url).href.replace(/\/$/, "");
const PATIENCE = 20000; // milliseconds until no answer is taken for one

function tell(method, path, body, headers = {}) {
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(HOME + path, {
    method: method,
    headers: headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    keepalive: method === "DELETE" || path.endsWith("/refusals"), // it arrives even if the page is left at once
    signal: AbortSignal.timeout(PATIENCE),
  });
}
