/* What the line on the page says: which form, how it is shown, in which language. Other pages read it once; everything
   after it in this script stands on these names. */

const script = document.currentScript;
if (!script) return warn("the line is not read as it is written: leave out type=\"module\", and do not copy the script into a page.");

const home = new URL(script.src).href.replace(/\/embed\.js.*$/, "");
const mode = script.dataset.mode || "chat";
const form = script.dataset.form || served.form;
const about = Object.hasOwn(served.forms, form) ? served.forms[form] : null;
const locale = chooseLocale();
const words = served.words[locale];

/* The language of the line, else of the page, else of the browser, as far as it is spoken here: a form speaks those it
   has a whole notice in, the assistant all there are words for. */
function chooseLocale() {
  const around = script.closest("[lang]");
  const wished = [script.dataset.locale, around ? around.lang : "", ...navigator.languages];
  const known = wished.map(function (tag) { return (tag || "").toLowerCase().split("-")[0]; });
  const spoken = mode !== "chat" && about ? about.titles : served.words;
  return known.find(function (tag) { return Object.hasOwn(spoken, tag) && Object.hasOwn(served.words, tag); }) || served.locale;
}

function formPage() {
  return home + "/f/" + encodeURIComponent(form) + "?lang=" + locale;
}
