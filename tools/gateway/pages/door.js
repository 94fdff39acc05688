// How does a page act? Through one door of JSON, in the name that stands in the field; a refusal is shown as it came.
"use strict";
const who = document.getElementById("who");
try { who.value = localStorage.getItem("who") || ""; } catch { who.value = ""; }
who.onchange = () => { try { localStorage.setItem("who", who.value); } catch { who.title = ""; } };
const make = (tag, text, parent, name) => {
  const node = document.createElement(tag);
  node.textContent = text;
  if (name) node.className = name;
  parent.append(node);
  return node; };
const refused = text => {
  const place = document.getElementById("refused");
  place.textContent = text;
  place.hidden = !text; };
async function act(what, number, verb, more) {
  if (!who.value.trim()) { who.focus(); refused(words.need_name); return false; }
  try {
    const answer = await fetch(`/api/${what}/${number}/${verb}`, {method: "POST",
      headers: {"Content-Type": "application/json"}, body: JSON.stringify({by: who.value.trim(), ...more})});
    refused(answer.ok ? "" : await answer.text());
    return answer.ok;
  } catch { refused(words.lost_gateway); return false; } }
