/* The one thing kept of a chat: an opaque token, in this tab (H-19). */

const STORED = "vestibule-chat";

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

function bearing(token) {
  return token ? { Authorization: "Bearer " + token } : {};
}
