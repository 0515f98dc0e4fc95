/* The chat: a button in the corner of the page, and behind it the chat (H-19). */

function showCorner() {
  const TAG = "vestibule-chat";
  if (document.querySelector(TAG)) return; // the line stands twice on the page
  const place = raise(TAG);
  const corner = make("section", "vestibule-corner");
  corner.setAttribute("aria-label", words.title);
  const trouble = make("div", "vestibule-trouble");
  trouble.setAttribute("role", "alert");
  const bubble = buttonOf("vestibule-bubble", "", open);
  bubble.setAttribute("aria-haspopup", "dialog");
  bubble.setAttribute("aria-expanded", "false");
  bubble.append(
    icon("M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM8 9h8M8 12.5h5"),
    make("span", "", words.open)
  );
  corner.append(trouble, bubble);
  place.all.append(corner);
  putOver(place.host);
  place.tell("ready");
  let chat = null;
  let isLoading = false;

  async function open() {
    if (isLoading) return;
    isLoading = true;
    bubble.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    try {
      if (chat === null) {
        const widget = await load("chat");
        chat = widget.mount({ all: place.all, bubble: bubble, locale: locale, form: form, tell: place.tell });
      }
      chat.open();
    } catch (error) {
      trouble.append(...awayText(words.away));
    } finally {
      isLoading = false;
      bubble.removeAttribute("aria-busy");
    }
  }
}
