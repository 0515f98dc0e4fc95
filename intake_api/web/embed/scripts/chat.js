/* The chat itself, loaded when a visitor opens it: turns, and what is told about them. The server joins it with elements.js,
   service.js, token.js, texts.js, panel.js and box.js into one module, behind `SERVED`: the words by language, the style,
   the address that links of ours begin with. */

const BEGIN = "/v1/chat/conversations";
const CURRENT = "/v1/chat/conversations/current";
const SAY = "/v1/chat/messages";

/* Put the chat beside its button; `open` of what is returned shows it.
   page: {all, bubble, locale, form, tell}: the element it lives in, the button, the language, the form, and what tells the
   page around that it is there. */
export function mount(page) {
  let words = SERVED.words[page.locale];
  let token = null;
  let heard = -1; // the turn of the last answer
  let lost = null; // what was sent and got no answer: it may have been heard
  let isBusy = false;
  let life = 0; // counts up when a chat is forgotten: what was on its way then belongs to nobody

  const parts = buildPanel(page.all);
  const box = boxOf(page, parts, function () {
    if (token === null && !isBusy) start();
  });
  speak(page.locale);
  listen();
  return { open: box.open };

  // ---- Beginning and ending

  async function start() {
    clearTold();
    token = remembered();
    if (token === null) return begin();
    const said = await turn("GET", CURRENT);
    if (said) {
      showNote(words.resumed);
      show(said);
    } else if (token === null) {
      clearTold();
      return begin(words.expired);
    }
  }

  async function begin(note) {
    if (isBusy) return false;
    clearTold();
    token = null;
    const said = await turn("POST", BEGIN, { locale: parts.dialog.lang, page: page.form });
    if (!said) return false;
    token = said.token;
    remember(token);
    lost = null;
    if (note) showNote(note);
    show(said);
    return true;
  }

  /* End it here and there. What is gone here cannot be asked for again, whether the server answers or not. */
  async function forget() {
    const ended = token || remembered();
    life += 1;
    token = null;
    lost = null;
    remember(null);
    parts.log.replaceChildren();
    write("");
    wait(false);
    tellNews(words.forgetting);
    const mineIs = life;
    const isDone = !ended || (await end(ended));
    if (mineIs !== life || token !== null || isBusy) return; // a new one has begun
    tellNews(isDone ? words.forgotten : words.forgotten_here);
    parts.news.append(newButton());
  }

  function end(ended) {
    return tell("DELETE", CURRENT, undefined, bearing(ended)).then(
      function (answer) { return answer.ok || answer.status === 401; },
      function () { return false; }
    );
  }

  // ---- Turns

  async function sendText() {
    const text = parts.input.value.trim();
    if (!text || isBusy) return;
    if (lengthOf(text) > MOST) return tellTooLong();
    await say({ text: wellFormed(text) }, text);
  }

  async function say(body, shown) {
    if (isBusy) return false;
    if (token === null && !(await begin())) return false;
    const isText = body.text !== undefined;
    const saying = { shown: shown, again: isText ? sendText : function () { say(body, shown); } };
    if (lost && !(await isStillToSay(body, saying))) return false;
    clearTold();
    const typed = parts.input.value;
    const mine = showSaid(shown, "you");
    const mineIs = life;
    if (isText) write("");
    const said = await turn("POST", SAY, body, saying);
    if (mineIs !== life) return false;
    if (said) {
      retireButtons();
      show(said);
      return true;
    }
    mine.remove();
    // Whatever was typed in the meantime comes after it.
    if (isText) write(parts.input.value ? typed + "\n" + parts.input.value : typed);
    return false;
  }

  /* After an answer that never came, or a "not now" that may have come too late: ask where the chat stands, so that nothing is said twice. */
  async function isStillToSay(body, saying) {
    const said = await turn("GET", CURRENT, undefined, { again: saying.again });
    if (!said) return false;
    const before = lost;
    lost = null;
    if (said.turn === heard) return true;
    showSaid(before.shown, "you");
    if (body.text !== undefined && body.text === before.text) write("");
    retireButtons();
    clearTold();
    showNote(words.resumed);
    show(said);
    return false;
  }

  /* One turn, one at a time: what the assistant said, or null when that failed and is explained. */
  async function turn(method, path, body, saying = {}) {
    const mineIs = life;
    wait(true);
    let said = null;
    const mayBeLost = function () {
      if (path === SAY) lost = { text: body.text, shown: saying.shown };
    };
    try {
      const answer = await tell(method, path, body, bearing(token));
      const read = await answer.json().catch(function () { return {}; });
      if (mineIs !== life) {
        if (read.token) end(read.token); // begun, and forgotten before it was there
      } else if (answer.ok && read.messages) {
        said = read;
      } else {
        if (answer.status >= 500) mayBeLost();
        await explain(answer.status, read, saying.again);
      }
    } catch (error) {
      if (mineIs === life) {
        mayBeLost();
        tellAway(undefined, saying.again);
      }
    } finally {
      if (mineIs === life) wait(false);
    }
    return said;
  }

  /* Each way to fail has one plain sentence in the visitor's language; the server's own are for machines. */
  async function explain(status, problem, again) {
    const code = problem.code;
    if (status === 401 || status === 404 || code === "too_many_turns") {
      if (code === "too_many_turns") end(token);
      token = null;
      remember(null);
      retireButtons();
      tellProblem(code === "too_many_turns" ? words.full : words.ended, newButton());
    } else if (code === "button_stale" || code === "button_unknown") {
      await askAgain();
      tellProblem(words.old_button);
    } else if (status === 429) {
      tellProblem(code === "too_fast" ? words.too_fast : words.many, token === null ? newButton() : undefined);
    } else if (status === 400 || status === 413 || status === 422) {
      tellProblem(words.not_taken);
    } else {
      tellAway(problem.form_page, again);
    }
  }

  async function askAgain() {
    const answer = await tell("GET", CURRENT, undefined, bearing(token)).catch(function () { return null; });
    if (!answer || !answer.ok) return;
    retireButtons();
    show(await answer.json());
  }

  function wait(is) {
    isBusy = is;
    parts.typing.hidden = !is;
    parts.log.toggleAttribute("data-waits", is);
    if (is) {
      parts.log.setAttribute("aria-busy", "true");
      parts.log.scrollTop = parts.log.scrollHeight;
    } else {
      parts.log.removeAttribute("aria-busy");
      box.keepFocus();
    }
  }

  // ---- What is said

  function show(said) {
    heard = said.turn;
    speak(said.locale);
    const block = make("div", "vestibule-turn");
    block.lang = said.locale;
    const linked = said.messages.findIndex(function (message) { return message.text.includes("/notices/"); });
    // The notice stands between the sentence that begins the turn and the link to the whole of it.
    const card = linked < 0 ? null : make("div", "vestibule-notice");
    said.messages.forEach(function (message, index) {
      const isNotice = card && index <= linked && (index > 0 || linked === 0);
      const bubble = sayingOf(words.bot, message.text, "bot");
      if (isNotice && !card.parentNode) block.append(card);
      (isNotice ? card : block).append(bubble);
      if (message.buttons.length) block.append(buttonsOf(message.buttons));
    });
    parts.log.append(block);
    // A long answer is read from its beginning.
    parts.log.scrollTop = block.offsetTop - parts.log.offsetTop - 12;
  }

  function showSaid(text, kind) {
    const block = make("div", "vestibule-turn vestibule-mine");
    block.append(sayingOf(words.you, text, kind));
    parts.log.append(block);
    parts.log.scrollTop = parts.log.scrollHeight;
    return block;
  }

  function showNote(text) {
    parts.log.append(make("p", "vestibule-note", text));
  }

  function buttonsOf(buttons) {
    const row = make("div", "vestibule-buttons");
    buttons.forEach(function (each) {
      const button = buttonOf("vestibule-choice", each.title, function (event) {
        // The second half of a double click is not meant for the button that has come up in the meantime.
        if (event.detail > 1) return;
        say({ button: each.id }, each.title);
      });
      button.dir = "auto";
      row.append(button);
    });
    return row;
  }

  /* Buttons count on the next turn only: those that are past go away instead of failing when pressed. */
  function retireButtons() {
    parts.log.querySelectorAll(".vestibule-buttons").forEach(function (row) { row.remove(); });
  }

  // ---- What is told about the chat itself

  function tellProblem(sentence, ways) {
    box.keepEnd(function () {
      parts.news.replaceChildren();
      parts.problem.replaceChildren(make("span", "", sentence), ...(ways ? [ways] : []));
    });
  }

  function tellNews(sentence) {
    parts.problem.replaceChildren();
    parts.news.replaceChildren(icon("M5 12.5l4.5 4.5L19 7.5"), make("span", "", sentence));
  }

  function tellAway(formPage, again) {
    const form = formPage && isOurs(formPage) ? formPage : HOME + "/f/" + encodeURIComponent(page.form);
    const ways = make("div", "vestibule-ways");
    if (again) ways.append(buttonOf("vestibule-choice vestibule-again", words.retry, again));
    else ways.append(buttonOf("vestibule-choice vestibule-again", token ? words.retry : words.begin, start));
    ways.append(linkTo(form + "?lang=" + parts.dialog.lang, words.form));
    tellProblem(words.away, ways);
  }

  function tellTooLong() {
    const count = lengthOf(parts.input.value.trim());
    tellProblem(fill(words.too_long, count));
  }

  function newButton() {
    return buttonOf("vestibule-choice vestibule-again", words.begin, function () { begin(); });
  }

  function clearTold() {
    parts.problem.replaceChildren();
    parts.news.replaceChildren();
  }

  // ---- What is being typed

  function write(text) {
    parts.input.value = text;
    grow();
    count();
  }

  function grow() {
    box.keepEnd(function () {
      parts.input.style.height = "auto";
      parts.input.style.height = parts.input.scrollHeight + 2 + "px";
    });
  }

  function count() {
    const length = lengthOf(parts.input.value.trim());
    const isOver = length > MOST;
    const wasOver = parts.input.getAttribute("aria-invalid") === "true";
    parts.count.textContent = length > NEAR ? fill(words.count, length) : "";
    parts.count.classList.toggle("vestibule-over", isOver);
    parts.input.setAttribute("aria-invalid", String(isOver));
    if (isOver && !wasOver) tellTooLong();
    if (!isOver && wasOver) clearTold();
  }

  function fill(sentence, length) {
    const number = function (value) { return value.toLocaleString(parts.dialog.lang); };
    return sentence.replace("{count}", number(length)).replace("{most}", number(MOST));
  }

  // ---- What is pressed and typed

  function listen() {
    parts.forget.addEventListener("click", forget);
    parts.form.addEventListener("submit", function (event) {
      event.preventDefault();
      sendText();
    });
    parts.input.addEventListener("input", function () {
      grow();
      count();
    });
    parts.input.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        if (!event.repeat) sendText();
      }
    });
  }

  /* Speak a language: that of the page at first, then the one the visitor has asked the assistant for. */
  function speak(locale) {
    if (!Object.hasOwn(SERVED.words, locale) || parts.dialog.lang === locale) return;
    words = SERVED.words[locale];
    parts.dialog.lang = locale;
    namePanel(parts, words);
  }
}
