/* The one line of other pages: the chat, or a form in the page, behind a button, or in a window that opens by itself.
   Until the visitor comes near it or presses it, nothing else is loaded and nothing is connected, stored or read (H-19).
   The server joins it with the files before it into one function that is given `served`. */

const MODES = { chat: showCorner, inline: showInline, button: showButton, popup: showPopup };

if (!Object.hasOwn(MODES, mode)) {
  warn('data-mode="' + mode + '" is not known. Write one of: ' + Object.keys(MODES).join(", ") + ".");
} else if (mode !== "chat" && !script.dataset.form) {
  warn('data-mode="' + mode + '" needs data-form. There are: ' + Object.keys(served.forms).join(", ") + ".");
} else if (mode !== "chat" && !about) {
  warn('there is no form "' + form + '". There are: ' + Object.keys(served.forms).join(", ") + ".");
} else if (document.body) {
  MODES[mode]();
} else {
  document.addEventListener("DOMContentLoaded", MODES[mode]);
}

/* Said to whoever put the line there; visitors see nothing of it. */
function warn(sentence) {
  console.warn("Vestibule: " + sentence);
}
