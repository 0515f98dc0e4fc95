/* What is said, as it is counted and shown. It stays text, whoever said it. */

const MOST = 2000; // characters of one message, as the server counts them
const NEAR = 1800; // from here on the visitor sees how many there are
const LONGEST_SHOWN = 48; // of an address: hashes and tokens are for machines
const OURS = [new URL(import.meta.url).origin, new URL(SERVED.address).origin];

function sayingOf(who, text, kind) {
  const said = make("div", "vestibule-said vestibule-" + kind);
  const shown = make("span", "vestibule-text");
  shown.dir = "auto"; // right-to-left text has its own direction and turns nothing around it
  const lines = text.split("\n").map(function (line) { return kind === "bot" ? withLinks(line) : [line]; });
  lines.forEach(function (pieces, index) { shown.append(...(index ? ["\n"] : []), ...pieces); });
  said.append(make("span", "vestibule-who", who + " "), shown);
  return said;
}

/* Text stays text; an address becomes a link only when it leads to this very service. At the end of a line the words
   before it name it: "The whole notice: https://…" is a link called "The whole notice". */
function withLinks(line) {
  const named = /^(.*?[.!?:]\s+|)([^.!?:]+): (https?:\/\/\S*[^\s.,;:!?)\]])$/.exec(line);
  if (named && isOurs(named[3])) return [named[1], linkTo(named[3], named[2])];
  return line.split(/(https?:\/\/[^\s<>"']+)/).flatMap(function (piece, index) {
    const address = index % 2 ? piece.replace(/[.,;:!?)\]]+$/, "") : "";
    if (!address || !isOurs(address)) return [piece];
    const shown = address.length > LONGEST_SHOWN ? address.slice(0, LONGEST_SHOWN) + "…" : address;
    return [linkTo(address, shown), piece.slice(address.length)];
  });
}

function isOurs(address) {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) && OURS.includes(url.origin) && !url.username && !url.password;
  } catch (error) {
    return false;
  }
}

/* The server counts characters, JavaScript counts halves of some of them. */
function lengthOf(text) {
  return text.length <= NEAR ? text.length : Array.from(text).length;
}

function wellFormed(text) {
  return text.toWellFormed ? text.toWellFormed() : text;
}
