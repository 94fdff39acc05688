// How is a badge renamed, lent, moved, replaced? Each form is one act; the page is then read again, unfolded where it was.
"use strict";
const midnight = () => { const now = new Date(); return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime(); };
const OPEN_NOW = "wearers";
for (const form of document.querySelectorAll("form[data-verb]"))
  form.onsubmit = async event => {
    event.preventDefault();
    const given = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.dataset.kind === "today") given[field.name] = midnight();
      else if (field.dataset.kind !== "number") given[field.name] = field.value.trim();
      else if (field.value !== "") given[field.name] = Number(field.value); }
    if (form.dataset.sure && !await sure(form.dataset.sure)) return;
    if (!await act("badges", form.dataset.number, form.dataset.verb, given)) return;
    sessionStorage.setItem(OPEN_NOW, `badge${form.dataset.number}`);
    location.reload(); };
const unfolded = document.getElementById(sessionStorage.getItem(OPEN_NOW));
sessionStorage.removeItem(OPEN_NOW);
if (unfolded) { unfolded.open = true; unfolded.querySelector("summary").focus(); }
