/* The purposes that need a yes of their own: one control each, yes and no alike, neither chosen beforehand. */

/* Draw the control of a purpose. What is returned: {id, element, read, tell, focus}; `read` gives undefined where nothing
   was chosen. */
function decisionOf(purpose, said, no) {
  const element = make("fieldset", "vestibule-decision");
  const text = make("p", "", purpose.text + " ");
  const problem = make("p", "vestibule-problem");
  const pair = make("div", "vestibule-pair");
  text.id = "text-" + purpose.id;
  problem.id = "problem-" + purpose.id;
  text.append(keptText(purpose, said));
  element.setAttribute("aria-describedby", [problem.id, text.id, "withdraw"].join(" "));
  [["yes", purpose.label], ["no", no + ". " + purpose.if_not_given]].forEach(function (one) {
    const label = make("label");
    label.append(radioOf("d-" + purpose.id, one[0], false), make("span", "", one[1]));
    pair.append(label);
  });
  element.append(make("legend", "", purpose.title), problem, text, pair);

  return {
    id: purpose.id,
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
