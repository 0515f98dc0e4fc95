/* A form as it is drawn from what the service gives: its notice first, then questions, decisions and the sending, in one
   step or several. What is done with it, form.js says. */

const MANY = 4; // who is asked more than that sees the answers once more before they are sent

/* Draw a form. What is returned: {element, decisions, age, values, typed, trapped, isTouched, onlyAsks, tell, wait}: `onlyAsks` says that
   without a yes there is nothing to send, `age` is the question about it where it is asked. shown: the form as the service gave it; typed: what was typed before, by field;
   act: {send, refuse}. */
function sheetOf(shown, words, typed, act) {
  const said = shown.notice.words;
  const purposes = shown.notice.purposes;
  const optIns = purposes.filter(function (purpose) { return purpose.control === "opt_in"; });
  const acts = purposes.filter(function (purpose) { return purpose.control !== "opt_in"; });
  const fields = shown.fields.map(function (field) { return fieldOf(field, said, words.please_choose, typed[field.name] || ""); });
  const decisions = optIns.map(function (purpose) { return decisionOf(purpose, said, words.refuse); });
  const age = shown.age ? ageOf(shown.age) : null;
  const steps = stepsOf(shown, fields);
  let at = 0;

  const element = make("form", "vestibule-sheet");
  element.noValidate = true;
  const progress = make("p", "vestibule-progress");
  progress.tabIndex = -1;
  const notice = noticeOf(shown, words);
  const questions = part(words.questions, fields.map(function (field) { return field.element; }));
  const answers = make("dl");
  const check = part(words.check, [answers]);
  const withdraw = make("p", "vestibule-mark", shown.notice.withdraw);
  withdraw.id = "withdraw";
  const hint = make("p", "", words.decisions_hint);
  const asked = decisions.concat(age || []).map(function (decision) { return decision.element; });
  const deciding = part(words.decisions, [hint].concat(asked));
  // Before the first control, and in sight of it; where there is no yes, there is none to take back.
  if (steps.length > 1) hint.after(withdraw);
  else if (asked.length) notice.append(withdraw);
  const sending = part(words.sending, acts.flatMap(function (purpose) { return actOf(purpose, said); }));
  const trouble = make("div", "vestibule-trouble");
  trouble.setAttribute("role", "alert");
  const send = make("button", "vestibule-go vestibule-send", shown.submit_label);
  send.type = "submit";
  const next = make("button", "vestibule-go vestibule-next", words.next);
  next.type = "submit";
  const no = buttonOf("vestibule-plain", words.decline, act.refuse);
  const back = buttonOf("vestibule-plain", words.back, function () { go(at - 1); });
  const row = make("div", "vestibule-row");
  row.append(next, send, no, back);
  const after = make("p", "vestibule-why", shown.what_next);
  const trap = trapOf(words);
  element.append(trap.element, progress, notice, questions, check, deciding, sending, trouble, row, after);
  element.addEventListener("submit", function (event) {
    event.preventDefault();
    if (at < steps.length - 1) goOn();
    else act.send();
  });
  row.addEventListener("click", function (event) {
    // The second half of a double click is not meant for the button that has come up in the meantime.
    if (event.detail > 1) event.preventDefault();
  });
  element.addEventListener("input", askWhoeverItIsFor);
  askWhoeverItIsFor();
  turnTo(0);

  return {
    element: element,
    decisions: decisions,
    age: age,
    values: values,
    typed: allTyped,
    trapped: trap.typed,
    isTouched: function () { return Object.values(allTyped()).some(Boolean); },
    onlyAsks: acts.length === 0,
    tell: tell,
    wait: function (is) { element.setAttribute("aria-busy", String(is)); },
  };

  // ---- What was answered

  function allTyped() {
    return Object.fromEntries(fields.map(function (field) { return [field.name, field.typed()]; }));
  }

  /* What is sent: what was typed where it was asked. */
  function values() {
    const all = Object.fromEntries(fields.map(function (field) { return [field.name, field.read()]; }));
    const given = fields.filter(function (field) { return all[field.name] !== "" && field.isAsked(all); });
    return Object.fromEntries(given.map(function (field) { return [field.name, all[field.name]]; }));
  }

  function askWhoeverItIsFor() {
    const given = values();
    const here = steps[at].fields;
    fields.forEach(function (field) { field.element.hidden = !here.includes(field) || !field.isAsked(given); });
  }

  // ---- Steps

  function turnTo(step) {
    at = step;
    const isLast = at === steps.length - 1;
    progress.textContent = words.step.replace("{number}", at + 1).replace("{count}", steps.length);
    hide(progress, steps.length === 1);
    hide(notice, at > 0);
    hide(questions, steps[at].fields.length === 0);
    hide(check, !steps[at].isCheck);
    hide(deciding, !isLast || !decisions.length);
    hide(sending, !isLast || !acts.length);
    hide(after, !isLast);
    hide(send, !isLast);
    hide(next, isLast);
    hide(back, at === 0);
    answers.replaceChildren(...fields.filter(isGiven).map(answerOf));
    askWhoeverItIsFor();
  }

  function go(step) {
    trouble.replaceChildren();
    turnTo(step);
    progress.focus();
    element.scrollIntoView({ block: "start" });
  }

  function goOn() {
    const missing = missingOf(steps[at].fields);
    if (Object.keys(missing).length) tell("", missing);
    else go(at + 1);
  }

  /* Nothing is sent before the last step, so only what is missing can be told here. */
  function missingOf(asked) {
    const given = values();
    const missing = asked.filter(function (field) {
      const group = asked.filter(function (other) { return field.needs !== "optional" && other.needs === field.needs; });
      const enough = field.needs === "required" ? [field] : group;
      return enough.length > 0 && !enough.some(function (one) { return Object.hasOwn(given, one.name); });
    });
    return Object.fromEntries(missing.map(function (field) { return [field.name, words.missing]; }));
  }

  function isGiven(field) {
    return Object.hasOwn(values(), field.name);
  }

  function answerOf(field) {
    const line = make("div");
    const value = make("dd", "", field.shown());
    value.dir = "auto";
    line.append(make("dt", "", field.label), value);
    return line;
  }

  // ---- What is wrong

  /* Tell what is wrong: one sentence for the whole, and one beside each field or decision, of which the first gets the
     focus; nothing wrong any more where nothing is told. */
  function tell(sentence, problems = {}) {
    const all = fields.concat(decisions, age || []);
    const nameOf = function (one) { return one.name || one.id; };
    all.forEach(function (one) { one.tell(problems[nameOf(one)] || ""); });
    const first = all.find(function (one) { return problems[nameOf(one)]; });
    const told = [first ? words.heading : "", sentence].filter(Boolean);
    trouble.replaceChildren(...told.map(function (text) { return make("p", "", text); }));
    if (!first) return;
    const home = steps.findIndex(function (step) { return step.fields.includes(first); });
    turnTo(home < 0 ? steps.length - 1 : home);
    first.focus();
  }
}

/* Which fields stand together. Who answered many questions sees the answers once more before they are sent. */
function stepsOf(shown, fields) {
  const pages = shown.pages && shown.pages.length ? shown.pages : [fields.map(function (field) { return field.name; })];
  const steps = pages.map(function (names) {
    return { fields: fields.filter(function (field) { return names.includes(field.name); }) };
  });
  const always = shown.fields.filter(function (field) { return !field.asked_if; });
  return always.length > MANY ? steps.concat({ fields: [], isCheck: true }) : steps;
}

function noticeOf(shown, words) {
  const notice = part(words.notice, [make("p", "", shown.notice.short)]);
  notice.classList.add("vestibule-notice");
  if (shown.notice.scoring) notice.append(make("p", "vestibule-why", shown.notice.scoring));
  const whole = make("p");
  whole.append(linkTo(shown.notice.page, words.whole_notice));
  notice.append(whole);
  return notice;
}

/* A field that people cannot see and nobody is told of: what stands in it, a machine has written (SEC-38). Its name and
   what it says of itself tell browsers and password managers to leave it alone. */
function trapOf(words) {
  const element = make("p", "vestibule-aside");
  const label = make("label", "", words.leave_empty);
  const input = make("input");
  input.name = input.id = label.htmlFor = "remark";
  input.tabIndex = -1;
  input.autocomplete = "off";
  ["1pIgnore", "lpignore", "bwignore", "protonpassIgnore"].forEach(function (name) { input.dataset[name] = "true"; });
  input.dataset.formType = "other";
  element.setAttribute("aria-hidden", "true");
  element.append(label, input);
  return { element: element, typed: function () { return input.value; } };
}

function part(title, inside) {
  const section = make("section", "vestibule-part");
  section.append(make("h3", "", title), ...inside);
  return section;
}

function hide(element, is) {
  element.hidden = is;
}
