/* The one line of other pages: a button, and behind it the chat. Until the visitor presses it, nothing else is loaded
   and nothing is connected, stored or read (H-19). What the server gives comes in as `served`. */
(function (served) {
  "use strict";

  const script = document.currentScript;
  const TAG = "vestibule-chat";
  if (!script) return;

  const home = new URL(script.src).href.replace(/\/embed\.js.*$/, "");
  const locale = chooseLocale();
  const words = served.words[locale];
  const form = script.dataset.form || served.form;
  let chat = null;
  let isLoading = false;
  let tries = 0;

  if (document.body) show();
  else document.addEventListener("DOMContentLoaded", show);

  function show() {
    if (document.querySelector(TAG)) return; // the line stands twice on the page
    const host = document.createElement(TAG);
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(served.style);
    root.adoptedStyleSheets = [sheet];

    const all = make("div", "vestibule-all");
    all.lang = locale;
    all.dir = "ltr";
    const corner = make("section", "vestibule-corner");
    corner.setAttribute("aria-label", words.title);
    const trouble = make("div", "vestibule-trouble");
    trouble.setAttribute("role", "alert");
    const bubble = make("button", "vestibule-bubble");
    bubble.type = "button";
    bubble.setAttribute("aria-haspopup", "dialog");
    bubble.setAttribute("aria-expanded", "false");
    bubble.append(icon(), make("span", "", words.open));
    bubble.addEventListener("click", function () { open(all, bubble, trouble); });
    corner.append(trouble, bubble);
    all.append(corner);
    root.append(all);
    document.body.append(host);
  }

  async function open(all, bubble, trouble) {
    if (isLoading) return;
    isLoading = true;
    bubble.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    try {
      if (chat === null) {
        // A browser may remember that an address failed: the next try has another one.
        const widget = await import(home + "/embed/chat.js?v=" + served.version + (tries ? "&try=" + tries : ""));
        chat = widget.mount({ all: all, bubble: bubble, locale: locale, form: form });
      }
      chat.open();
    } catch (error) {
      tries += 1;
      tellAway(trouble);
    } finally {
      isLoading = false;
      bubble.removeAttribute("aria-busy");
    }
  }

  function tellAway(trouble) {
    const link = make("a", "", words.form);
    link.href = home + "/f/" + encodeURIComponent(form) + "?lang=" + locale;
    link.target = "_blank";
    link.rel = "noopener";
    trouble.append(make("p", "", words.away), link);
  }

  /* The language of the line, else of the page, else of the browser, as far as the assistant speaks it. */
  function chooseLocale() {
    const around = script.closest("[lang]");
    const wished = [script.dataset.locale, around ? around.lang : "", ...navigator.languages];
    const known = wished.map(function (tag) { return (tag || "").toLowerCase().split("-")[0]; });
    return known.find(function (tag) { return Object.hasOwn(served.words, tag); }) || served.locale;
  }

  function make(tag, kind, text) {
    const element = document.createElement(tag);
    element.className = kind;
    if (text) element.textContent = text;
    return element;
  }

  function icon() {
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", "0 0 24 24");
    drawing.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.5h5");
    drawing.append(line);
    return drawing;
  }
})
