// Sends a form on that only has to be sent from here. Without it, its button does.
"use strict";

document.querySelector("form[data-go-on]").submit();
