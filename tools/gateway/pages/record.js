// What may be written in a record? Notes, ticks, what it was, who sees to what is left, and until when; the page is then
// read again from the gateway.
"use strict";
const number = document.getElementById("desk").dataset.alarm;
const note = place("note"), DRAFT = `note ${number}`;  // what is typed and not saved outlives the reading anew
note.value = sessionStorage.getItem(DRAFT) || note.value;
sessionStorage.removeItem(DRAFT);
let leaves = false;  // a second press, while the page goes, would write the same once more
async function written(verb, given) {
  if (leaves) return false;
  leaves = true;
  leaves = await act("alarms", number, verb, given);
  if (!leaves) return false;
  sessionStorage.setItem(DRAFT, verb === "note" ? "" : note.value);
  location.reload();
  return true; }
place("save").onclick = () => written("note", {text: note.value});
document.getElementById("print").onclick = () => window.print();
const outcome = document.getElementById("outcome");
if (outcome) outcome.onchange = () => written("outcome", {outcome: outcome.value});
for (const box of document.querySelectorAll("input[data-item]"))
  box.onchange = async () => {
    if (!await written("check", {item: Number(box.dataset.item), done: box.checked ? 1 : 0})) box.checked = !box.checked; };
// A day is over at its end. Who types a date makes several on the way: it counts when the field is left, or with Enter.
const end = text => { const [year, month, day] = text.split("-").map(Number); return house_ms(year, month, day + 1); };
const until = text => text ? {due_ms: end(text)} : {};
for (const field of document.querySelectorAll("input[data-due]")) {
  const before = field.value, say = () => {
    if (field.value !== before) written("due", {item: Number(field.dataset.due), ...until(field.value)}); };
  field.onblur = say;
  field.onkeydown = event => { if (event.key === "Enter") say(); }; }
const by = (id, what) => { if (place(id)) place(id).onclick = what; };
by("set_owner", () => written("owner", {who: place("owner").value.trim()}));
by("add_to_do", () => written("to_do", {text: place("to_do").value, ...until(place("to_do_due").value)}));
by("follow", () => written("follow", {done: Number(place("follow").dataset.done)}));
meet().then(() => {
  if (signed.alarms && !signed.alarms.includes("owner"))
    for (const part of document.querySelectorAll(".screen")) part.hidden = true; }).catch(() => undefined);
