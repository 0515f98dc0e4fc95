/* The fields of a form: drawn with their reasons, read, and told beside them what is wrong. */

const INPUTS = { email: "email", phone: "tel" };
const AUTOCOMPLETE = { name: "name", email: "email", phone: "tel", company: "organization" };
const SCALE = 11; // 0 to 10: that many numbers stand beside one another
const FEW = 3; // that many answers too

/* Draw a field. What is returned: {name, element, needs, typed, read, shown, isAsked, tell, focus}.
   said: the words of the notice beside it; please: what stands where nothing is chosen; typed: what was typed before. */
function fieldOf(field, said, please, typed) {
  const need = field.necessity.split(":")[0];
  const few = fewOf(field);
  const element = make(few ? "fieldset" : "div", "vestibule-field");
  const label = make(few ? "legend" : "label", "", field.label + " ");
  const problem = make("p", "vestibule-problem");
  const why = make("p", "vestibule-why", field.why);
  const without = make("p", "vestibule-why", said.if_not_given + ": " + field.if_not_given);
  const control = few ? radiosOf(field, few, typed) : controlOf(field, please, typed);
  label.append(make("span", "vestibule-need", said[need]));
  [[problem, "problem-"], [why, "why-"], [without, "without-"]].forEach(function (part) { part[0].id = part[1] + field.name; });
  const described = few ? element : control;
  described.setAttribute("aria-describedby", [problem.id, why.id, without.id].join(" "));
  if (!few) {
    control.id = "f-" + field.name;
    label.htmlFor = control.id;
    if (need === "required") control.required = true;
  }
  element.append(label, problem, control, why, without);

  return {
    name: field.name,
    label: field.label,
    needs: field.necessity,
    element: element,
    typed: function () { return few ? chosenIn(control) : control.value; },
    read: function () { return valueOf(field, this.typed()); },
    shown: function () {
      const value = this.typed();
      const choice = field.choices.find(function (one) { return one.value === value; });
      return choice ? choice.label : value;
    },
    isAsked: function (values) {
      const asked = field.asked_if;
      return !asked || (Number.isInteger(values[asked.field]) && values[asked.field] <= asked.at_most);
    },
    tell: function (text) {
      problem.textContent = text;
      element.classList.toggle("vestibule-wrong", text !== "");
      if (!few) control.setAttribute("aria-invalid", String(text !== ""));
    },
    focus: function () { (few ? control.querySelector("input") : control).focus(); },
  };
}

/* What to choose from, side by side, where it is little and one is needed: who chose one cannot choose none. */
function fewOf(field) {
  if (field.necessity !== "required") return null;
  if (field.type === "choice" && field.choices.length <= FEW) return field.choices;
  const count = field.limits.max - field.limits.min + 1;
  if (field.type !== "integer" || !(count <= SCALE)) return null;
  return Array.from({ length: count }, function (_, index) {
    return { value: String(field.limits.min + index), label: String(field.limits.min + index) };
  });
}

function radiosOf(field, few, typed) {
  const row = make("div", field.type === "integer" ? "vestibule-numbers" : "vestibule-pair");
  few.forEach(function (one) {
    const label = make("label");
    label.append(radioOf("f-" + field.name, one.value, one.value === typed), make("span", "", one.label));
    row.append(label);
  });
  return row;
}

function controlOf(field, please, typed) {
  if (field.type === "choice") return selectOf(field, please, typed);
  const control = make(field.type === "long_text" ? "textarea" : "input");
  if (field.type === "long_text") control.rows = 4;
  else control.type = INPUTS[field.type] || "text";
  if (field.type === "integer") control.inputMode = "numeric";
  if (field.limits.max_length) control.maxLength = field.limits.max_length;
  control.autocomplete = AUTOCOMPLETE[field.name] || "off";
  control.dir = "auto";
  control.value = typed;
  return control;
}

function selectOf(field, please, typed) {
  const select = make("select");
  [{ value: "", label: please }].concat(field.choices).forEach(function (choice) {
    select.append(new Option(choice.label, choice.value, false, choice.value === typed));
  });
  return select;
}

function radioOf(name, value, isChosen) {
  const radio = make("input");
  radio.type = "radio";
  radio.name = name;
  radio.value = value;
  radio.checked = isChosen;
  return radio;
}

function chosenIn(group) {
  const chosen = group.querySelector("input:checked");
  return chosen ? chosen.value : "";
}

/* What is sent of what was typed: digits as a number where one is asked; what is no number the service refuses. */
function valueOf(field, typed) {
  const digits = typed.trim();
  return field.type === "integer" && /^-?\d{1,12}$/.test(digits) ? Number(digits) : typed;
}
