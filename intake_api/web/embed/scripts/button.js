/* A button in the place of its line; the form opens before the page when it is pressed. */

function showButton() {
  const place = raise("vestibule-form");
  const opener = buttonOf("vestibule-opener", script.dataset.label || about.titles[locale], open);
  opener.setAttribute("aria-haspopup", "dialog");
  const trouble = make("div", "vestibule-trouble");
  trouble.setAttribute("role", "alert");
  place.all.append(opener, trouble);
  putHere(place.host);
  place.tell("ready");
  let opened = null;
  let isLoading = false;

  async function open() {
    if (isLoading) return;
    isLoading = true;
    opener.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    try {
      if (opened === null || opened.isOver()) {
        const forms = await load("form");
        const page = { form: form, locale: locale, channel: "button", tell: place.tell };
        const next = forms.putWindow(place.all, page, { position: "centre" });
        await next.ask();
        opened = next;
      }
      opened.show();
    } catch (error) {
      trouble.append(...awayText(words.form_away));
    } finally {
      isLoading = false;
      opener.removeAttribute("aria-busy");
    }
  }
}
