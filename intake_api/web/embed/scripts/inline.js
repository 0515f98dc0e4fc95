/* A form in the place of its line, asked for when the visitor comes near it. */

function showInline() {
  const NEAR = "600px"; // so that it stands there when the visitor arrives
  const place = raise("vestibule-form");
  const around = make("div", "vestibule-inline");
  place.all.append(around);
  putHere(place.host);
  when(place.host, NEAR, ask);

  async function ask() {
    const trouble = make("div", "vestibule-trouble vestibule-waits", words.loading);
    trouble.setAttribute("role", "status");
    around.replaceChildren(trouble);
    try {
      const forms = await load("form");
      const put = forms.putForm({ all: place.all, form: form, locale: locale, channel: "page", tell: place.tell });
      await put.ask();
      around.replaceChildren(put.element);
      place.tell("ready");
      when(put.element, "0px", function () { place.tell("shown"); });
    } catch (error) {
      trouble.classList.remove("vestibule-waits");
      trouble.replaceChildren(...awayText(words.form_away), buttonOf("vestibule-retry", words.retry, ask));
    }
  }
}

/* Do something once an element is that near to what the visitor sees. */
function when(element, margin, act) {
  const watch = new IntersectionObserver(
    function (seen) {
      if (!seen.some(function (one) { return one.isIntersecting; })) return;
      watch.disconnect();
      act();
    },
    { rootMargin: margin }
  );
  watch.observe(element);
}

/* Put an element where the line stands; a line in the head stands nowhere, so it comes last. */
function putHere(host) {
  if (script.closest("body")) script.before(host);
  else document.body.append(host);
}
