// Who has an account, and who makes one for whom? What is shown goes in as text, never as markup.
"use strict";
const at = id => document.getElementById(id);
const make = (tag, text, parent) => { const node = document.createElement(tag); node.textContent = text; parent.append(node); return node; };
const lang = document.documentElement.lang;
let me = {};
async function post(path, given) {
  at("said").textContent = words.sending;
  try {
    const answer = await fetch(`${path}?lang=${lang}`, {method: "POST", body: JSON.stringify(given || {}),
      headers: {"Content-Type": "application/json", "X-Kald-Csrf": me.csrf}});
    at("said").textContent = answer.ok ? "" : await answer.text();
    return answer.ok ? await answer.json() : null;
  } catch { at("said").textContent = words.no_answer; return null; } }
function told(done, name) {
  if (done && done.code) at("code").textContent = `${words.code_is.replace("{name}", name)} ${done.code}`;
  show(); }
async function show() {
  const found = await (await fetch(`/api/people?lang=${lang}`)).json();
  at("people").replaceChildren();
  for (const one of found.people) {
    const row = make("li", "", at("people"));
    make("strong", one.name, row);
    make("span", ` ${words["role_" + one.role]}${one.device ? ` ${one.device}` : ""}` +
      `${one.disabled ? `, ${words.disabled}` : one.invited ? `, ${words.invited}` : ""} `, row);
    if (!found.may_make.includes(one.role)) continue;
    for (const verb of one.disabled ? ["enable"] : ["invite", "disable"]) {
      const button = make("button", words[verb], row);
      button.setAttribute("aria-label", `${words[verb]}: ${one.name}`);
      button.onclick = async () => told(await post(`/api/people/${one.number}/${verb}`), one.name); } }
  at("add").hidden = at("making").hidden = !found.may_make.length;
  if (!at("role").options.length)
    for (const role of found.may_make) make("option", words["role_" + role], at("role")).value = role; }
at("add").onsubmit = async event => {
  event.preventDefault();
  const name = at("name").value, device = at("device").value;
  told(await post("/api/people", {name, role: at("role").value, ...(device && {device: Number(device)})}), name); };
at("out").onclick = async () => { if (await post("/api/session/end")) location.replace("/login"); };
fetch("/api/me").then(answer => answer.json()).then(found => { me = found; return show(); })
  .catch(() => { at("said").textContent = words.no_answer; });
