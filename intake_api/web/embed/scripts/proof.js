// The page of a form does the calculation it asks for (solving.js) and puts the solution beside the answers.

// Begin at once, since reading takes longer; who is quicker waits for the rest after pressing the button.
function proveWhileReading(input) {
  let isDone = false;
  const done = solvedInTime(JSON.parse(input.dataset.proof)).then((solution) => {
    input.value = solution;
    isDone = true;
  });
  input.form.addEventListener("submit", (event) => {
    if (isDone) return;
    event.preventDefault();
    const button = event.submitter;
    button?.setAttribute("aria-busy", "true");
    done.then(() => {
      button?.removeAttribute("aria-busy");
      input.form.requestSubmit(button);
    });
  });
}

for (const input of document.querySelectorAll("input[data-proof]")) {
  if (!input.value) proveWhileReading(input);
}
