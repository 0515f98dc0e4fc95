/* The panel the chat stands in: its elements, without words and without anything that acts. */

/* Build the panel into an element; what is returned names its parts. */
function buildPanel(all) {
  const dialog = make("dialog", "vestibule-chat");
  dialog.setAttribute("aria-labelledby", "vestibule-title");
  dialog.setAttribute("aria-describedby", "vestibule-assistant");
  const panel = make("div", "vestibule-panel");

  const head = make("div", "vestibule-head");
  const mark = make("span", "vestibule-mark");
  mark.append(icon("M12 3v3M7 6h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3zM9 11v1.5M15 11v1.5M9.5 21h5"));
  const names = make("div", "vestibule-names");
  const title = make("h2", "vestibule-title");
  title.id = "vestibule-title";
  const assistant = make("p", "vestibule-assistant");
  assistant.id = "vestibule-assistant";
  const label = make("strong");
  const hint = make("span", "vestibule-hint");
  assistant.append(label, " ", hint);
  const closer = buttonOf("vestibule-close");
  closer.append(icon("M6 6l12 12M18 6L6 18"));
  names.append(title, assistant);
  head.append(mark, names, closer);

  const log = make("div", "vestibule-log");
  log.setAttribute("role", "log");
  log.setAttribute("aria-live", "polite");
  log.tabIndex = 0;

  const typing = make("div", "vestibule-typing");
  typing.setAttribute("role", "status");
  const typingText = make("span", "vestibule-who");
  const dots = make("span", "vestibule-dots");
  dots.append(make("i"), make("i"), make("i"));
  typing.append(typingText, dots);
  typing.hidden = true;

  const problem = make("div", "vestibule-problem");
  problem.setAttribute("role", "alert");
  const news = make("div", "vestibule-news");
  news.setAttribute("role", "status");

  const form = make("form", "vestibule-form");
  const input = make("textarea", "vestibule-input");
  input.id = "vestibule-input";
  input.rows = 1;
  input.autocomplete = "off";
  input.enterKeyHint = "send";
  input.dir = "auto";
  const count = make("p", "vestibule-count");
  count.id = "vestibule-count";
  input.setAttribute("aria-describedby", "vestibule-count");
  const send = make("button", "vestibule-send");
  send.type = "submit";
  send.append(icon("M12 20V5M5.5 11L12 4.5 18.5 11"));
  form.append(input, send);

  const forgetter = buttonOf("vestibule-forget");
  const foot = make("div", "vestibule-foot");
  foot.append(count, form, forgetter);
  panel.append(head, log, typing, problem, news, foot);
  dialog.append(panel);

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SERVED.style);
  all.getRootNode().adoptedStyleSheets.push(sheet);
  all.append(dialog);
  return {
    dialog: dialog, title: title, label: label, hint: hint, close: closer, log: log, typing: typing,
    typingText: typingText, problem: problem, news: news, form: form, input: input, count: count, send: send,
    forget: forgetter,
  };
}

function namePanel(parts, words) {
  parts.title.textContent = words.title;
  parts.label.textContent = words.assistant;
  parts.hint.textContent = words.assistant_hint;
  parts.close.setAttribute("aria-label", words.close);
  parts.close.title = words.close;
  parts.log.setAttribute("aria-label", words.title);
  parts.typingText.textContent = words.typing;
  parts.input.setAttribute("aria-label", words.input);
  parts.input.placeholder = words.input;
  parts.send.setAttribute("aria-label", words.send);
  parts.send.title = words.send;
  parts.forget.textContent = words.forget;
}
