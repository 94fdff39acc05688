// How is a badge renamed, lent, moved, replaced? Each form is one act; the page is then read again, unfolded where it was.
"use strict";
// Today ends at midnight; who borrows a badge for a night gives it back at noon.
const pad = number => String(number).padStart(2, "0");
function today() {
  const now = new Date(), night = now.getHours() >= 15 ? 12 : 0;
  const end = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, night);
  return `${end.getFullYear()}-${pad(end.getMonth() + 1)}-${pad(end.getDate())}T${pad(end.getHours())}:00`; }
for (const field of document.querySelectorAll("[data-kind=until]")) field.value = today();
const OPEN_NOW = "wearers";
for (const form of document.querySelectorAll("form[data-verb]"))
  form.onsubmit = async event => {
    event.preventDefault();
    const given = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.dataset.kind === "until") given[field.name] = new Date(field.value).getTime();
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
