/* The chat widget: one file, no dependencies. Nothing is connected or stored before a visitor opens it, and then only
   an opaque token, in this tab (H-19). What the assistant says is text, never markup. */
(function () {
  "use strict";

  const script = document.currentScript;
  const words = JSON.parse(script.dataset.words);
  const home = new URL(script.src).origin;
  const STORED = "vestibule-chat";
  const MAX_LENGTH = 2000;
  const LONGEST_SHOWN = 48; // of an address: hashes and tokens are for machines

  let token = null;
  let busy = false;
  let life = 0; // counts up when a chat is forgotten: what was on its way then belongs to nobody
  const parts = build();

  parts.bubble.addEventListener("click", open);
  parts.close.addEventListener("click", close);
  parts.forget.addEventListener("click", forget);
  parts.form.addEventListener("submit", function (event) {
    event.preventDefault();
    sendText();
  });
  parts.input.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      sendText();
    }
  });
  parts.dialog.addEventListener("cancel", function (event) {
    event.preventDefault();
    close();
  });

  function open() {
    // Modal: the browser keeps the focus inside, and the page behind is out of the way of screen readers.
    parts.dialog.showModal();
    parts.bubble.hidden = true;
    parts.bubble.setAttribute("aria-expanded", "true");
    parts.input.focus();
    if (token === null && !busy) begin();
  }

  function close() {
    parts.dialog.close();
    parts.bubble.hidden = false;
    parts.bubble.setAttribute("aria-expanded", "false");
    parts.bubble.focus();
  }

  async function begin() {
    const old = remembered();
    // Of a conversation from before this page was loaded nothing can be shown again: it is ended, and a new one begins.
    if (old) tell("DELETE", "/v1/chat/conversations/current", undefined, old).catch(function () {});
    remember(null);
    const answer = await turn("POST", "/v1/chat/conversations", { locale: script.dataset.locale, page: script.dataset.page });
    if (!answer) return token === null && !parts.problem.querySelector("button") ? offerNew() : undefined;
    token = answer.token;
    remember(token);
    showMessages(answer.messages);
  }

  async function sendText() {
    const text = parts.input.value;
    if (!text.trim() || busy) return;
    if (text.length > MAX_LENGTH) return showProblem(words.too_long);
    if (token === null) return begin();
    clearProblem();
    const answer = await turn("POST", "/v1/chat/messages", { text: text }, function () {
      parts.input.value = "";
      return showSaid(words.you, text, "you");
    });
    if (answer) showMessages(answer.messages);
  }

  async function press(button, title) {
    if (busy || token === null) return;
    clearProblem();
    const answer = await turn("POST", "/v1/chat/messages", { button: button }, function () {
      return showSaid(words.you, title, "you");
    });
    if (answer) showMessages(answer.messages);
  }

  async function forget() {
    const ended = token;
    life += 1;
    token = null;
    remember(null);
    parts.log.replaceChildren();
    parts.input.value = "";
    clearProblem();
    offerNew(words.forgotten);
    if (ended) {
      try {
        await tell("DELETE", "/v1/chat/conversations/current", undefined, ended);
      } catch (error) {
        // The assistant keeps conversations in memory only; without their token nobody reaches this one again.
      }
    }
  }

  /* One turn: one at a time; what was typed comes back when it did not arrive. */
  async function turn(method, path, body, showMine) {
    busy = true;
    parts.typing.hidden = false;
    parts.log.setAttribute("aria-busy", "true");
    const typed = parts.input.value;
    const mine = showMine ? showMine() : null;
    const mineIs = life;
    try {
      const answer = await tell(method, path, body, token);
      if (answer.ok) {
        const said = await answer.json();
        if (mineIs !== life) {
          if (said.token) tell("DELETE", "/v1/chat/conversations/current", undefined, said.token).catch(function () {});
          return null;
        }
        if (mine) retireButtons();
        return said;
      }
      if (mineIs === life) explain(answer.status, await answer.json().catch(function () { return {}; }));
    } catch (error) {
      if (mineIs === life) showProblem(words.away, true);
    } finally {
      busy = false;
      parts.typing.hidden = true;
      parts.log.removeAttribute("aria-busy");
      parts.input.focus();
    }
    if (mineIs !== life) return null;
    if (mine) mine.remove();
    if (!parts.input.value) parts.input.value = typed;
    return null;
  }

  function tell(method, path, body, bearer) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (bearer) headers.Authorization = "Bearer " + bearer;
    return fetch(home + path, {
      method: method,
      headers: headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
    });
  }

  function explain(status, problem) {
    if (status === 401 || status === 404 || problem.code === "too_many_turns") {
      token = null;
      remember(null);
      retireButtons();
      offerNew(words.ended);
    } else if (problem.code === "button_stale" || problem.code === "button_unknown") {
      showProblem(words.old_button);
    } else if (status === 429) {
      showProblem(words.too_fast);
    } else {
      showProblem(words.away, true);
    }
  }

  function showMessages(messages) {
    const shown = messages.map(function (message) {
      const said = showSaid(words.bot, message.text, "bot");
      if (message.buttons.length) said.append(buttonsOf(message.buttons));
      return said;
    });
    // A long answer is read from its beginning.
    if (shown.length) parts.log.scrollTop = shown[0].offsetTop - parts.log.offsetTop - 8;
  }

  function showSaid(who, text, kind) {
    const said = make("div", "vestibule-said vestibule-" + kind);
    said.append(make("span", "vestibule-who", who), withLinks(text));
    parts.log.append(said);
    parts.log.scrollTop = parts.log.scrollHeight;
    return said;
  }

  /* Text stays text; an address becomes a link only when it leads to this very service. */
  function withLinks(text) {
    const shown = make("span", "vestibule-text");
    text.split(/(https?:\/\/[^\s<>"']+)/).forEach(function (piece, index) {
      const address = index % 2 ? piece.replace(/[.,;:!?)\]]+$/, "") : "";
      if (address && isOurs(address)) {
        const link = make("a", "", address.length > LONGEST_SHOWN ? address.slice(0, LONGEST_SHOWN) + "…" : address);
        link.href = address;
        link.target = "_blank";
        link.rel = "noopener";
        shown.append(link, piece.slice(address.length));
      } else {
        shown.append(piece);
      }
    });
    return shown;
  }

  function isOurs(address) {
    try {
      return new URL(address).origin === home;
    } catch (error) {
      return false;
    }
  }

  function buttonsOf(buttons) {
    const row = make("div", "vestibule-buttons");
    buttons.forEach(function (each) {
      const button = make("button", "vestibule-choice", each.title);
      button.type = "button";
      button.addEventListener("click", function () { press(each.id, each.title); });
      row.append(button);
    });
    return row;
  }

  /* Buttons count on the next turn only: those that are past go away instead of failing when pressed. */
  function retireButtons() {
    parts.log.querySelectorAll(".vestibule-buttons").forEach(function (row) { row.remove(); });
  }

  function offerNew(sentence) {
    if (sentence) showProblem(sentence);
    const again = make("button", "vestibule-choice", words.begin);
    again.type = "button";
    again.addEventListener("click", function () {
      clearProblem();
      parts.input.focus();
      begin();
    });
    parts.problem.append(again);
  }

  function showProblem(sentence, withForm) {
    parts.problem.replaceChildren(make("span", "", sentence));
    if (withForm && script.dataset.form) {
      const link = make("a", "", words.form);
      link.href = script.dataset.form;
      parts.problem.append(link);
    }
  }

  function clearProblem() {
    parts.problem.replaceChildren();
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

  function make(tag, kind, text) {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    if (text) element.textContent = text;
    return element;
  }

  function build() {
    const bubble = make("button", "vestibule-bubble", words.open);
    bubble.type = "button";
    bubble.setAttribute("aria-haspopup", "dialog");
    bubble.setAttribute("aria-expanded", "false");

    const dialog = make("dialog", "vestibule-chat");
    dialog.setAttribute("aria-labelledby", "vestibule-title");
    dialog.setAttribute("aria-describedby", "vestibule-assistant");

    const head = make("div", "vestibule-head");
    const title = make("h2", "vestibule-title", words.title);
    title.id = "vestibule-title";
    const closer = make("button", "vestibule-close", "×");
    closer.type = "button";
    closer.setAttribute("aria-label", words.close);
    head.append(title, closer);

    const label = make("p", "vestibule-assistant");
    label.id = "vestibule-assistant";
    label.append(make("strong", "", words.assistant), " ", words.assistant_hint);

    const log = make("div", "vestibule-log");
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
    log.setAttribute("aria-label", words.title);
    log.tabIndex = 0;

    const typing = make("p", "vestibule-typing", words.typing);
    typing.setAttribute("role", "status");
    typing.hidden = true;

    const problem = make("div", "vestibule-problem");
    problem.setAttribute("role", "alert");

    const form = make("form", "vestibule-form");
    const inputLabel = make("label", "vestibule-hidden", words.input);
    inputLabel.htmlFor = "vestibule-input";
    const input = make("textarea", "vestibule-input");
    input.id = "vestibule-input";
    input.rows = 2;
    input.maxLength = MAX_LENGTH;
    input.autocomplete = "off";
    input.placeholder = words.input;
    const send = make("button", "vestibule-send", words.send);
    send.type = "submit";
    form.append(inputLabel, input, send);

    const forgetter = make("button", "vestibule-forget", words.forget);
    forgetter.type = "button";

    dialog.append(head, label, log, typing, problem, form, forgetter);
    document.body.append(bubble, dialog);
    return { bubble: bubble, dialog: dialog, close: closer, log: log, typing: typing, problem: problem, form: form, input: input, forget: forgetter };
  }
})();
