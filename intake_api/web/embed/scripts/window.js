/* A form in a window of its own: before the page where the visitor asked for it, beside the page where it came uninvited.
   It closes by its button, with Esc and by a click beside it. */

const MODAL = ["centre", "full"];

/* Make the window; what is returned: {ask, show, isOver}. how: {position, isUninvited, closed}: `closed(isAnswered)`. */
export function putWindow(all, page, how) {
  const words = SERVED.words;
  const isModal = MODAL.includes(how.position);
  const dialog = make("dialog", "vestibule-window vestibule-" + how.position);
  const status = make("div", "vestibule-unseen");
  const close = buttonOf("vestibule-close", "", hideIt);
  let outcome = "";
  status.setAttribute("role", "status");
  dialog.setAttribute("aria-labelledby", "vestibule-title");
  close.setAttribute("aria-label", words.close);
  close.title = words.close;
  close.append(icon("M6 6l12 12M18 6L6 18"));
  page.all = all;
  page.over = over;
  const put = putForm(page);
  const inside = make("div", "vestibule-inside");
  inside.append(close, put.element);
  dialog.append(inside);
  all.append(status, dialog);
  listen();
  return { ask: ask, show: show, isOver: function () { return outcome !== ""; } };

  async function ask() {
    try {
      await put.ask();
    } catch (error) {
      remove();
      throw error;
    }
  }

  function show() {
    if (dialog.open) return;
    if (isModal) {
      dialog.showModal();
      put.element.querySelector("h2").tabIndex = -1;
      put.element.querySelector("h2").focus();
    } else {
      // Not `show()`: that would take the focus from where the visitor is. Who does not see it is told.
      dialog.setAttribute("open", "");
      status.textContent = put.element.querySelector("h2").textContent;
    }
    page.tell("shown");
  }

  function hideIt() {
    if (!dialog.open) return;
    dialog.close();
    status.textContent = "";
    page.tell("closed");
    if (how.closed) how.closed(outcome !== "");
    if (how.isUninvited || outcome) remove();
  }

  function remove() {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("pointerdown", onPress);
    status.remove();
    dialog.remove();
  }

  /* Who said no is not kept any longer. */
  function over(how) {
    outcome = how;
    if (how === "refused") hideIt();
  }

  function listen() {
    dialog.addEventListener("cancel", function (event) {
      event.preventDefault();
      hideIt();
    });
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog && !put.isTouched()) hideIt(); // beside it; what is typed is not lost by a slip
    });
    if (isModal) return;
    document.addEventListener("keydown", onKey, true);
    document.addEventListener("pointerdown", onPress);
  }

  function onKey(event) {
    if (event.key === "Escape" && dialog.open) hideIt();
  }

  function onPress(event) {
    if (!event.composedPath().includes(dialog) && !put.isTouched()) hideIt();
  }
}
