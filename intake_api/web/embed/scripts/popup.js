/* A form in a window that opens by itself: late enough, once, never over something else, and never soon again after a
   no. What it keeps is one date, in this browser, and only after the visitor has seen it. */

const MANNERS = { trigger: "delay", after_seconds: 60, position: "side", again_after_days: 30, quiet_after_no_days: 180 };
const BUSY = "input, textarea, select, [contenteditable], iframe, vestibule-form, vestibule-chat";
const WINDOWS = "dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true], [popover]";

function showPopup() {
  const SEEN = "vestibule-seen-" + form;
  const LOOK_AGAIN = 1000; // milliseconds until it is looked whether the visitor may be interrupted now
  const manners = about.popup || MANNERS;
  const event = script.dataset.event || about.event;
  const place = raise("vestibule-form");
  let isBegun = false;
  let quietHere = null; // where nothing can be kept, it holds until the page is left
  putOver(place.host);
  if (event) whenAnnounced(event, begin);
  else if (!isQuiet()) whenTriggered();
  place.tell("ready");

  function whenTriggered() {
    if (manners.trigger === "delay") afterSeen(manners.after_seconds * 1000, begin);
    else if (manners.trigger === "exit") whenLeaving(begin);
    else if (keptDate() === null) begin();
  }

  /* The moment has come: get the form ready, then wait until nobody is disturbed. Who cannot be asked is not bothered. */
  async function begin() {
    if (isBegun || isQuiet()) return;
    isBegun = true;
    try {
      const forms = await load("form");
      const page = { form: form, locale: locale, channel: "popup", tell: place.tell };
      const shown = forms.putWindow(place.all, page, { position: manners.position, closed: closed, isUninvited: true });
      await shown.ask();
      show(shown);
    } catch (error) {
      isBegun = false;
    }
  }

  function show(shown) {
    if (isQuiet()) return; // it was shown in another tab in the meantime
    if (!mayInterrupt()) {
      setTimeout(show, LOOK_AGAIN, shown);
      return;
    }
    shown.show();
    keepDate(manners.again_after_days);
  }

  function closed(isAnswered) {
    if (isAnswered) keepDate(manners.quiet_after_no_days);
    isBegun = false;
  }

  function isQuiet() {
    const until = keptDate();
    return until !== null && today(0) < until;
  }

  function keptDate() {
    try {
      return localStorage.getItem(SEEN) || quietHere;
    } catch (error) {
      return quietHere;
    }
  }

  /* Until when it stays away: a day, and nothing else. */
  function keepDate(days) {
    quietHere = today(days);
    try {
      localStorage.setItem(SEEN, quietHere);
    } catch (error) {
      // Storage is blocked: it stays away until the page is left.
    }
  }
}

function today(later) {
  return new Date(Date.now() + later * 86400000).toISOString().slice(0, 10);
}

/* A pointer that leaves towards the tabs and the address; a finger does not. */
function whenLeaving(act) {
  if (!matchMedia("(hover: hover) and (pointer: fine)").matches) return;
  document.documentElement.addEventListener("mouseleave", function (event) {
    if (event.clientY <= 0) act();
  });
}

/* Act after so long a time in which the visitor could see the page. */
function afterSeen(milliseconds, act) {
  let left = milliseconds;
  let since = 0;
  let timer = 0;

  function count() {
    clearTimeout(timer);
    if (since) left -= Date.now() - since;
    since = document.visibilityState === "visible" ? Date.now() : 0;
    if (since) timer = setTimeout(act, Math.max(0, left));
  }

  document.addEventListener("visibilitychange", count);
  count();
}

/* Nobody is interrupted who looks elsewhere, types, or has another window open on the page. */
function mayInterrupt() {
  const focused = document.activeElement;
  if (document.visibilityState !== "visible" || document.fullscreenElement) return false;
  return !(focused && focused.matches(BUSY)) && !hasWindow(document);
}

function hasWindow(root) {
  return Array.from(root.querySelectorAll("*")).some(function (element) {
    return (element.matches(WINDOWS) && isSeen(element)) || (element.shadowRoot !== null && hasWindow(element.shadowRoot));
  });
}

function isSeen(element) {
  if (!element.checkVisibility) return element.getClientRects().length > 0;
  return element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
}
