/* Keys for the review pages, and the next lead without a whole page's wait. Without this file all works by its forms. */
"use strict";

(() => {
  const SWITCH = "vestibule.keys"; // of this browser: which keys are in the way depends on the machine, not the person
  const FIELDS = "input:not(.pick input), textarea, select, [contenteditable], dialog"; // a box of the list takes no text
  const SEARCH = "#main input[type=search]";
  const dialog = document.getElementById("keys");
  const said = document.getElementById("said");
  let shown = location.pathname + location.search;
  let busy = false;

  const main = () => document.getElementById("main");
  const find = (selector) => main().querySelector(selector);

  /* Switched on unless somebody switched them off here. */

  const stored = () => {
    try { return localStorage.getItem(SWITCH); } catch { return null; }
  };
  const isOn = () => stored() !== "off";
  const switchKeys = (on) => {
    try { localStorage.setItem(SWITCH, on ? "on" : "off"); } catch { /* then they are on, as at first */ }
    document.documentElement.classList.toggle("has-keys", isOn());
  };

  /* The main part of another page in the place of this one's. */

  const say = (text) => {
    said.textContent = "";
    requestAnimationFrame(() => { said.textContent = text.replace(/\s+/g, " ").trim(); });
  };
  const put = (page, address) => {
    const next = document.adoptNode(page.getElementById("main"));
    main().replaceWith(next);
    lookedAt = Date.now();
    lookOn();
    document.title = page.title;
    if (address !== shown) {
      history.pushState(null, "", address);
      shown = address;
      document.querySelector(".languages [name=back]").value = address;
    }
    scrollTo(0, 0);
    next.focus({ preventScroll: true });
    const tells = ["[role=alert]", ".said p", "h1"].map((one) => next.querySelector(one)).find(Boolean);
    const other = next.querySelector("[data-other]");
    say([tells || next, other].filter(Boolean).map((one) => one.textContent).join(" "));
  };
  const swap = async (address, options, otherwise) => {
    if (busy) return;
    busy = true;
    main().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { ...options, headers: { Accept: "text/html" }, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const to = new URL(answer.url);
      const isOurs = page.getElementById("said") && to.origin === location.origin; // a signed-in page of this door
      const isPart = isOurs && !page.querySelector("[data-whole]"); // which needs no script of its own
      if (!isPart) return answer.redirected || !options.method ? location.assign(to) : location.reload();
      put(page, answer.redirected || !options.method ? to.pathname + to.search : shown);
    } catch {
      otherwise();
    } finally {
      busy = false;
      main().removeAttribute("aria-busy");
    }
  };

  addEventListener("popstate", () => {
    if (location.pathname + location.search !== shown) location.reload();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-swap]") || event.defaultPrevented) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const plainly = () => {
      form.removeAttribute("data-swap");
      form.requestSubmit(event.submitter);
    };
    // Kept alive: what was pressed is done, even if the page is closed in the same moment.
    swap(form.action, { method: "POST", body, keepalive: true }, plainly);
  });

  /* What each key does; false when there is nothing of the kind here. */

  const press = (selector) => {
    const control = find(selector);
    if (!control || control.disabled) return false;
    control.click();
    return true;
  };
  const go = (selector) => {
    const link = find(selector);
    if (!link) return false;
    swap(link.href, {}, () => location.assign(link.href));
    return true;
  };
  const step = (by, rel) => {
    const rows = [...main().querySelectorAll(".rows .reference")];
    if (!rows.length) return go(`[rel=${rel}]`);
    const at = rows.findIndex((one) => one === document.activeElement || one.closest(".row").contains(document.activeElement));
    const row = rows[at < 0 ? 0 : at + by];
    if (!row) return go(`[rel=${rel}]`);
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    return true;
  };
  /* Many at once: ticks are counted where the form says what to do with them. */

  const count = () => {
    const tools = document.getElementById("many-tools");
    if (!tools) return;
    const ticked = document.querySelectorAll(".pick input:checked").length;
    tools.open = tools.open || ticked > 0;
    tools.querySelector("[data-chosen]").hidden = !ticked;
    tools.querySelector("[data-count]").textContent = ticked;
    if (ticked) document.getElementById("many-which").value = "ticked";
    say(tools.querySelector("summary").textContent);
  };
  const tick = () => {
    const row = document.activeElement.closest(".can-pick");
    if (!row) return false;
    row.querySelector(".pick input").click();
    return true;
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pick input")) count();
  });

  /* A page that is about something under way looks again by itself until that is over. */

  const watch = async () => {
    const seen = main().querySelector("[data-progress=running]");
    if (!seen) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-progress]");
      if (!now) return location.reload(); // signed out meanwhile
      const tells = now.querySelector("[data-tell]").textContent;
      const isNew = tells !== seen.querySelector("[data-tell]").textContent;
      if (isNew && !seen.contains(document.activeElement)) seen.replaceWith(document.adoptNode(now));
      else if (isNew) {
        for (const part of ["progress", ".tally"]) seen.querySelector(part).replaceWith(document.adoptNode(now.querySelector(part)));
        if (now.dataset.progress === "over") return location.reload();
      }
      if (isNew) say(tells);
    } catch { /* the next look may succeed */ }
    setTimeout(watch, 2000);
  };
  setTimeout(watch, 1000);

  /* What was asked of a destination is looked at alone until it is answered: that is no reading of a lead. */

  const wait = async () => {
    const waits = find("[data-waits]");
    if (waits && !document.hidden) {
      try {
        const answer = await fetch(waits.dataset.waits, { headers: { Accept: "text/html" }, credentials: "same-origin" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.querySelector("[data-question]");
        if (!now) delete waits.dataset.waits; // signed out, or the lead is no more
        else if (!now.dataset.waits && waits.isConnected) {
          waits.replaceWith(document.adoptNode(now));
          say(now.textContent);
        }
      } catch { /* the next look may succeed */ }
    }
    setTimeout(wait, 1000);
  };
  wait();

  /* While the page of a lead is open and to be seen, it says so, that others read that somebody looks at it. */

  const LOOK_EVERY = 120000; // counts for five minutes
  let nextLook = 0;
  let lookedAt = Date.now(); // opening the page is a look
  const look = async () => {
    const open = find("[data-look]");
    if (!open) return;
    lookedAt = Date.now();
    const body = new URLSearchParams({ proof: open.querySelector("[name=proof]").value });
    try {
      const answer = await fetch(open.dataset.look, { method: "POST", body, credentials: "same-origin" });
      if (!answer.ok) delete open.dataset.look; // signed out, or the lead is no more
    } catch { /* the next look may succeed */ }
  };
  const lookOn = () => {
    clearTimeout(nextLook);
    if (document.hidden || !find("[data-look]")) return;
    nextLook = setTimeout(() => { look(); lookOn(); }, Math.max(0, lookedAt + LOOK_EVERY - Date.now()));
  };
  document.addEventListener("visibilitychange", lookOn);
  lookOn();

  const reach = (selector) => {
    const control = document.querySelector(selector);
    if (!control) return false;
    for (let folded = control.closest("details"); folded; folded = folded.parentElement.closest("details")) {
      folded.open = true;
    }
    control.focus();
    return true;
  };
  const goSearching = () => {
    const link = document.querySelector("[data-search]");
    if (!link) return false;
    swap(link.href, {}, () => location.assign(link.href)).then(() => reach(SEARCH));
    return true;
  };
  const open = () => {
    document.getElementById("single-keys").checked = isOn();
    dialog.showModal();
    document.getElementById("keys-heading").focus();
    return true;
  };
  const KEYS = {
    j: () => step(1, "next"),
    k: () => step(-1, "prev"),
    q: () => press("button[data-key=q]"),
    a: () => press("button[data-key=a]"),
    c: () => press("button[data-key=c]"),
    m: () => go("[data-key=m]"),
    s: () => press("button[data-key=s]"),
    u: () => press("button[data-key=u]"),
    x: tick,
    d: () => reach("#main .reasons button"),
    "/": () => reach(SEARCH) || goSearching(),
    "?": open,
  };
  const choose = (number) => {
    const reasons = document.activeElement.closest(".reasons");
    const reason = reasons && reasons.querySelector(`[data-number="${number}"]`);
    if (reason) reason.click();
    return Boolean(reason);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (!isOn() || dialog.open || event.target.closest(FIELDS)) return;
    const act = /^[1-9]$/.test(event.key) ? () => choose(event.key) : KEYS[event.key];
    if (!act) return;
    if (event.repeat && !"jk".includes(event.key)) return; // a key that is held down decides one lead, not all
    if (act()) event.preventDefault();
    else if (!busy) say(document.getElementById("not-here").textContent);
  });

  document.getElementById("single-keys").addEventListener("change", (event) => switchKeys(event.target.checked));
  document.getElementById("hide-keys").addEventListener("click", () => dialog.close());
  const button = document.getElementById("show-keys");
  button.addEventListener("click", open);
  button.hidden = false;
  document.documentElement.classList.toggle("has-keys", isOn());
})();
