// The small calculation that a form asks for when very much is coming in. It is done by the browser itself, beside the
// typing; nothing is loaded for it. Without it the form can be sent all the same, and a person looks at it.

const LONGEST_WAIT_MS = 20000;

// Find the first counter whose key begins as it should.
async function solveProof({ parameters, signature }) {
  const began = performance.now();
  const salt = fromHex(parameters.salt);
  const hash = parameters.algorithm.replace("PBKDF2/", "");
  const password = new Uint8Array([...fromHex(parameters.nonce), 0, 0, 0, 0]);
  const counted = new DataView(password.buffer, password.length - 4);
  for (let counter = 0; ; counter += 1) {
    counted.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash, salt, iterations: parameters.cost };
    const derivedKey = toHex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
    if (derivedKey.startsWith(parameters.keyPrefix)) {
      const solution = { counter, derivedKey, time: performance.now() - began };
      return btoa(JSON.stringify({ challenge: { parameters, signature }, solution }));
    }
  }
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function toHex(bits) {
  return Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Wait for a solution, but not for ever; an empty one where there is none: no `crypto.subtle` on plain http.
function solvedInTime(asked) {
  const longest = new Promise((resolve) => { setTimeout(resolve, LONGEST_WAIT_MS, ""); });
  return Promise.race([solveProof(asked).catch(() => ""), longest]);
}
