/* The element that stands for this service on a page: a shadow tree, so that the styles of both do not touch. */

function raise(tag) {
  const host = document.createElement(tag);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(served.style);
  root.adoptedStyleSheets = [sheet];
  const all = make("div", "vestibule-all");
  all.lang = locale;
  all.dir = "ltr";
  root.append(all);
  return { host: host, all: all, tell: teller(host) };
}

/* Put what stands over the page beside its body: a body that is moved (`transform`) would carry it out of sight. */
function putOver(host) {
  document.documentElement.append(host);
}

/* What the page around is told: that it happened, to which form and how shown. Nothing a visitor typed is in it. */
function teller(host) {
  return function (what, more) {
    const detail = Object.freeze(Object.assign({ form: form, mode: mode }, more));
    host.dispatchEvent(new CustomEvent("vestibule:" + what, { bubbles: true, detail: detail }));
  };
}

/* Load one of the other scripts of this service, once, however often it is asked for. A browser may remember that an
   address failed: the next try has another one. */
let tries = 0;
const loaded = {};
function load(name) {
  const file = name === "form" ? "form-" + locale : name;
  loaded[name] ||= import(home + "/embed/" + file + ".js?v=" + served.versions[name] + (tries ? "&try=" + tries : "")).catch(
    function (error) {
      tries += 1;
      delete loaded[name];
      throw error;
    }
  );
  return loaded[name];
}

/* One sentence that it is away, and the page that does the same. Why a browser kept an answer back it tells no script,
   so whoever put the line there is told what it usually is. */
function awayText(sentence) {
  warn("nothing can be had for " + location.origin + " now. If other sites can: name this one in `sites` of the form, or in VESTIBULE_ALLOWED_ORIGINS.");
  return [make("p", "", sentence), linkTo(formPage(), words.form)];
}
