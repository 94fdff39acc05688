// Who has talked about a question of the guide? One button each; the page is then read again from the gateway.
"use strict";
for (const button of document.querySelectorAll("button[data-question]"))
  button.onclick = async () => { if (await act("guide", button.dataset.question, "talked")) location.reload(); };
