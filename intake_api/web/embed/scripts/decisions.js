/* What needs a yes or a no of its own: one control each, yes and no alike, neither chosen beforehand. */

/* Draw the control of a purpose. What is returned: {id, element, read, tell, focus}; `read` gives undefined where nothing
   was chosen. */
function decisionOf(purpose, said, no) {
  const text = make("p", "", purpose.text + " ");
  text.append(keptText(purpose, said));
  return yesOrNo(purpose.id, purpose.title, text, purpose.label, no + ". " + purpose.if_not_given, "withdraw");
}

/* Draw the question whether somebody is old enough for a yes to count, as the decisions it stands beside. */
function ageOf(age) {
  return yesOrNo("age", age.question, make("p", "", age.why), age.yes, age.no, "");
}

function yesOrNo(id, title, text, yes, no, more) {
  const element = make("fieldset", "vestibule-decision");
  const problem = make("p", "vestibule-problem");
  const pair = make("div", "vestibule-pair");
  text.id = "text-" + id;
  problem.id = "problem-" + id;
  element.setAttribute("aria-describedby", [problem.id, text.id, more].join(" ").trim());
  [["yes", yes], ["no", no]].forEach(function (one) {
    const label = make("label");
    label.append(radioOf("d-" + id, one[0], false), make("span", "", one[1]));
    pair.append(label);
  });
  element.append(make("legend", "", title), problem, text, pair);

  return {
    id: id,
    element: element,
    read: function () { return { yes: true, no: false }[chosenIn(pair)]; },
    tell: function (sentence) {
      problem.textContent = sentence;
      element.classList.toggle("vestibule-wrong", sentence !== "");
    },
    focus: function () { pair.querySelector("input").focus(); },
  };
}

/* What is agreed to by sending, said beside the button. */
function actOf(purpose, said) {
  const act = make("p", "", purpose.label + " " + purpose.text + " ");
  act.append(keptText(purpose, said));
  if (!purpose.object) return [act];
  const object = make("p", "", purpose.legitimate_interest + " ");
  object.append(make("strong", "", purpose.object));
  return [act, object];
}

function keptText(purpose, said) {
  return make("span", "vestibule-kept", said.kept + ": " + purpose.retention.text);
}
