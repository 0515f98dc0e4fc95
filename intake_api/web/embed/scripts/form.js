/* A form on another page: asked for, filled in, sent, and what came of it. What was typed is in the page and, once it is
   sent, with the service: nowhere else, and it survives whatever goes wrong on the way. */


/* Put a form into an element of its own. What is returned: {element, ask, isTouched}; `ask` fails where the form cannot be
   had. page: {all, form, locale, channel, tell, over}: `over(outcome)` is called when it is `sent` or `refused`. */
export function putForm(page) {
  const words = SERVED.words;
  const path = "/v1/forms/" + encodeURIComponent(page.form);
  const element = make("section", "vestibule-form");
  let shown = null;
  let sheet = null;
  let proof = null;
  let isBusy = false;
  let sent = ""; // what was sent last and may have been kept, and the key under which it counts once
  let key = "";
  dress(page.all.getRootNode());
  // What is typed here is no shortcut of the page around.
  ["keydown", "keypress", "keyup"].forEach(function (kind) {
    element.addEventListener(kind, function (event) { event.stopPropagation(); });
  });
  return { element: element, ask: ask, isTouched: function () { return sheet !== null && sheet.isTouched(); } };

  // ---- Asking

  async function ask() {
    const answer = await tell("GET", path + "?locale=" + page.locale + "&channel=" + page.channel);
    if (!answer.ok) throw new Error("the form cannot be had");
    draw(await answer.json(), {});
  }

  function draw(form, typed, message) {
    shown = form;
    proof = form.proof ? solvedInTime(form.proof) : null; // at once, since reading takes longer
    sheet = sheetOf(form, words, typed, { send: send, refuse: refuse });
    element.lang = form.locale;
    element.replaceChildren(heading(form.title), make("p", "vestibule-benefit", form.benefit), sheet.element);
    if (message) sheet.tell(message);
  }

  // ---- Sending

  async function send() {
    const decisions = decided();
    const isOfAge = sheet.age ? sheet.age.read() : undefined;
    if (isOfAge === false) return end(words.too_young, [make("p", "", shown.age.too_young)]);
    if (sheet.onlyAsks && !Object.values(decisions).includes(true)) return sendNothing(decisions);
    const body = {
      presentation: shown.presentation.id,
      locale: shown.locale,
      fields: sheet.values(),
      decisions: decisions,
      attribution: cameBy(),
    };
    if (isOfAge) body.age = "at_or_over";
    if (sheet.trapped()) body.trap = sheet.trapped();
    await once(async function () {
      if (proof !== null) body.proof = await proof;
      const answer = await tell("POST", path + "/submissions", body, { "Idempotency-Key": keyFor(JSON.stringify(body)) });
      const said = await answer.json();
      if (answer.status === 201) thank(said, decisions);
      else explain(answer.status, said);
    });
  }

  function decided() {
    const made = sheet.decisions.map(function (decision) { return [decision.id, decision.read()]; });
    return Object.fromEntries(made.filter(function (one) { return one[1] !== undefined; }));
  }

  /* Only a yes would make it a request: a no to everything is a no, and who chose nothing is asked to choose. */
  function sendNothing(decisions) {
    const open = sheet.decisions.filter(function (decision) { return decisions[decision.id] === undefined; });
    if (!open.length) return refuse();
    sheet.tell("", Object.fromEntries(open.map(function (decision) { return [decision.id, words.decision_missing]; })));
  }

  /* The same again is the same submission, however often it is sent; anything else is another. */
  function keyFor(content) {
    if (content !== sent) key = Array.from(crypto.getRandomValues(new Uint32Array(4)), function (n) { return n.toString(36); }).join("-");
    sent = content;
    return key;
  }

  async function once(act) {
    if (isBusy) return;
    isBusy = true;
    sheet.wait(true);
    try {
      await act();
    } catch (error) {
      sheet.tell(words.no_answer);
    } finally {
      isBusy = false;
      sheet.wait(false);
    }
  }

  function explain(status, problem) {
    const problems = Object.entries(problem.fields || {});
    if (status < 500) sent = ""; // nothing of it was kept
    const texts = Object.fromEntries(problems.map(function (one) { return [one[0], one[1].text]; }));
    if (problems.some(function (one) { return one[1].code === "too_young"; })) {
      end(words.too_young, [make("p", "", Object.values(texts)[0])]);
    } else if (problem.code === "nothing_agreed") {
      sendNothing(decided());
    } else if (problem.form) {
      draw(problem.form, sheet.typed(), words[problem.code]);
      sheet.element.scrollIntoView({ block: "start" });
    } else if (problems.length) {
      sheet.tell("", texts);
    } else {
      sheet.tell(status === 503 || status === 429 ? words.unavailable : words.not_sent);
    }
  }

  // ---- No

  /* Nothing of what was typed goes anywhere: that somebody said no is all that is told. */
  async function refuse() {
    await once(async function () {
      const answer = await tell("POST", path + "/refusals", { presentation: shown.presentation.id }).catch(function () { return null; });
      const isNew = answer === null || answer.status !== 409;
      if (sent && (answer === null || answer.status >= 500)) throw new Error("what was sent may have been kept");
      if (isNew) endWithNo();
      else end(words.late_title, [make("p", "", words.late_text), make("p", "", shown.notice.withdraw)]);
    });
  }

  function endWithNo() {
    const again = buttonOf("vestibule-plain", words.again, function () { ask().catch(function () { again.replaceWith(make("p", "", words.form_away)); }); });
    end(words.refused_title, [make("p", "", words.refused_text), again]);
    if (page.over) page.over("refused");
  }

  // ---- Thanks

  function thank(kept, decisions) {
    const reference = make("p", "vestibule-reference", words.reference + " ");
    reference.append(make("strong", "", kept.reference));
    const inside = [reference];
    if (kept.downloads) inside.push(part(words.downloads, kept.downloads.map(function (one) { return line(linkTo(one.url, one.title)); })));
    if (kept.left_out) inside.push(part(words.left_out, kept.left_out.map(function (one) { return make("p", "", one.text); })));
    inside.push(part(words.happens_next, [make("p", "", kept.what_next)].concat(waiting(decisions))));
    inside.push(part(words.receipt, [make("p", "", words.receipt_text), line(linkTo(kept.receipt, words.receipt_link))]));
    end(words.thanks, inside);
    page.tell("submitted", { reference: kept.reference });
    if (page.over) page.over("sent");
  }

  function waiting(decisions) {
    return shown.notice.purposes
      .filter(function (purpose) { return decisions[purpose.id] && purpose.confirmation === "double_opt_in"; })
      .map(function (purpose) { return make("p", "", purpose.title + ": " + words.requested); });
  }

  function end(title, inside) {
    const top = heading(title);
    top.tabIndex = -1;
    element.replaceChildren(top, ...inside);
    sheet = { isTouched: function () { return false; }, wait: function () {}, tell: function () {} };
    top.focus();
    element.scrollIntoView({ block: "nearest" });
  }

  function heading(title) {
    const top = make("h2", "", title);
    top.id = "vestibule-title";
    return top;
  }
}

function line(inside) {
  const paragraph = make("p");
  paragraph.append(inside);
  return paragraph;
}

/* What brought the visitor, as the address of the page names it: the service says which names and which values it takes,
   and nothing else of the address is read (M-09). */
function cameBy() {
  const given = new URLSearchParams(location.search);
  const taken = Object.entries(SERVED.takes).filter(function (one) { return new RegExp("^(?:" + one[1] + ")$").test(given.get(one[0]) || ""); });
  const said = Object.fromEntries(taken.map(function (one) { return [one[0], given.get(one[0])]; }));
  if (said.source !== SERVED.other) delete said.source_other;
  return said;
}

/* The styles of forms, once for each shadow tree. */
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(SERVED.style);

function dress(root) {
  if (!root.adoptedStyleSheets.includes(STYLE)) root.adoptedStyleSheets.push(STYLE);
}
