/* The box the chat stands in: opening and closing it, where the focus is, and the room that a keyboard leaves. */

const LOW = 430; // pixels of height below which only what is needed stays

/* Make the panel a box that `open` of what is returned shows; `opened` is called each time it was.
   page: as for `mount`. parts: as `buildPanel` returns them. */
function boxOf(page, parts, opened) {
  listen();
  return { open: open, keepEnd: keepEnd, keepFocus: keepFocus };

  function open() {
    if (parts.dialog.open) return;
    // Modal: the browser keeps the focus inside, and the page behind is out of the way of screen readers.
    parts.dialog.showModal();
    page.bubble.hidden = true;
    page.bubble.setAttribute("aria-expanded", "true");
    page.tell("shown");
    fit();
    toFocus().focus();
    opened();
  }

  function close() {
    parts.dialog.close();
    page.bubble.hidden = false;
    page.bubble.setAttribute("aria-expanded", "false");
    page.bubble.focus();
    page.tell("closed");
  }

  /* What had the focus may be gone with its turn. */
  function keepFocus() {
    const focused = page.all.getRootNode().activeElement;
    if (parts.dialog.open && (!focused || focused === parts.dialog || focused.closest(".vestibule-buttons, .vestibule-problem, .vestibule-news"))) {
      toFocus().focus({ preventScroll: true });
    }
  }

  /* What takes the focus. On a phone that is not where one types: the keyboard would come up. */
  function toFocus() {
    return matchMedia("(pointer: coarse)").matches ? parts.log : parts.input;
  }

  /* The part of the window that a keyboard on the screen leaves. A page that is zoomed by two fingers is not meant. */
  function fit() {
    const seen = window.visualViewport;
    if (!seen || seen.scale > 1.01) return;
    keepEnd(function () {
      parts.dialog.style.setProperty("--v-height", seen.height + "px");
      parts.dialog.style.setProperty("--v-top", seen.offsetTop + "px");
      parts.dialog.classList.toggle("vestibule-low", seen.height < LOW);
    });
  }

  /* Change what takes the log's place, and leave its end in sight if it was. */
  function keepEnd(change) {
    const isAtEnd = parts.log.scrollHeight - parts.log.scrollTop - parts.log.clientHeight < 40;
    change();
    if (isAtEnd) parts.log.scrollTop = parts.log.scrollHeight;
  }

  function listen() {
    parts.close.addEventListener("click", close);
    parts.dialog.addEventListener("cancel", function (event) {
      event.preventDefault();
      close();
    });
    parts.dialog.addEventListener("click", function (event) {
      if (event.target === parts.dialog) close(); // beside it
    });
    // What is typed here is no shortcut of the page around.
    ["keydown", "keypress", "keyup"].forEach(function (kind) {
      parts.dialog.addEventListener(kind, function (event) { event.stopPropagation(); });
    });
    if (window.visualViewport) {
      window.visualViewport.addEventListener("resize", fit);
      window.visualViewport.addEventListener("scroll", fit);
    }
  }
}
