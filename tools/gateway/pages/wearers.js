// How is a badge renamed, lent, moved, replaced? Each form is one act; the page is then read again, unfolded where it was.
"use strict";
// Today ends at midnight; who borrows a badge for a night gives it back at noon.
function today() {
  const now = new Date(on_clock(Date.now())), night = now.getUTCHours() >= 15 ? 12 : 0;
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1, night)).toISOString().slice(0, 16); }
for (const field of document.querySelectorAll("[data-kind=until]")) field.value = today();
const OPEN_NOW = "wearers";
for (const form of document.querySelectorAll("form[data-verb]"))
  form.onsubmit = async event => {
    event.preventDefault();
    const given = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.dataset.kind === "until") given[field.name] = house_ms(...field.value.split(/\D/).map(Number));
      else if (field.dataset.kind !== "number") given[field.name] = field.value.trim();
      else if (field.value !== "") given[field.name] = Number(field.value); }
    if (form.dataset.sure && !await sure(form.dataset.sure)) return;
    if (!await act("badges", form.dataset.number, form.dataset.verb, given)) return;
    sessionStorage.setItem(OPEN_NOW, `badge${form.dataset.number}`);
    location.reload(); };
place("find").onchange = () => {
  location.search = new URLSearchParams({lang, find: place("find").value.trim()}); };
const unfolded = document.getElementById(sessionStorage.getItem(OPEN_NOW));
sessionStorage.removeItem(OPEN_NOW);
if (unfolded) { unfolded.open = true; unfolded.querySelector("summary").focus(); }
