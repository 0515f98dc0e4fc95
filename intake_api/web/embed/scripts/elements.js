/* Elements as this service makes them: text is set as text, never as markup. */

function make(tag, kind, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text) element.textContent = text;
  return element;
}

function buttonOf(kind, text, act) {
  const button = make("button", kind, text);
  button.type = "button";
  if (act) button.addEventListener("click", act);
  return button;
}

function icon(line) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", line);
  drawing.append(path);
  return drawing;
}

function linkTo(address, text) {
  const link = make("a", "", text);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}
