// What may be written in a record? Notes, ticks, and what it was; the page is then read again from the gateway.
"use strict";
const number = document.getElementById("desk").dataset.alarm;
const written = async (verb, given) => { if (await act("alarms", number, verb, given)) location.reload(); };
document.getElementById("save").onclick = () => written("note", {text: document.getElementById("note").value});
document.getElementById("print").onclick = () => window.print();
const outcome = document.getElementById("outcome");
if (outcome) outcome.onchange = () => written("outcome", {outcome: outcome.value});
for (const box of document.querySelectorAll("input[data-item]"))
  box.onchange = async () => {
    if (await act("alarms", number, "check", {item: Number(box.dataset.item), done: box.checked ? 1 : 0}))
      location.reload();
    else box.checked = !box.checked; };
