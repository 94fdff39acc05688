// How does a page act? Through one door of JSON, in the name of a person who has said who she is; each act is shown
// under way, and within 3 s as done or refused. A name is kept in this tab for some minutes, on a wall screen not at all.
"use strict";
const ANSWER_MS = 3000, KNOWN_MS = 600000;
const within = ms => {  // AbortSignal.timeout, which the old tablet on the wall does not have
  const limit = new AbortController();
  setTimeout(() => limit.abort(), ms);
  return limit.signal; };
document.documentElement.classList.remove("plain");  // without scripts, what they fill and what presses them is not shown
const wall = document.documentElement.classList.contains("wall");
const make = (tag, text, parent, name) => {
  const node = document.createElement(tag);
  node.textContent = text;
  if (name) node.className = name;
  parent.append(node);
  return node; };
const place = id => document.getElementById(id);
const refused = text => {
  place("refused").textContent = text;
  place("refused").hidden = !text;
  if (text) place("done").textContent = ""; };
let signed = {name: null, role: null, csrf: "", people: []}, met = false;  // met: the gateway has said so
const RUNS = ["manager", "administrator"];  // who runs the house, and so sees its pages
// What a role may not do is not shown to it. Before the first account, and before the gateway has said who it is, all is.
const allowed = (what, verb) => !signed.role || signed[what].includes(verb);
const meet = async () => {
  const answer = await fetch("/api/me", {signal: within(ANSWER_MS)});
  if (answer.status === 401) { location.replace(`/login?then=${encodeURIComponent(location.pathname + location.search)}`); return; }
  const before = signed.role;
  signed = await answer.json();
  met = true;
  if (signed.role && place("me")) place("me").hidden = signed.role !== "screen" && !!signed.name;
  for (const link of document.querySelectorAll(".runs")) link.hidden = !!signed.role && !RUNS.includes(signed.role);
  if (place("account")) place("account").hidden = !signed.role;
  // Not at each look: what is drawn anew could move away below a finger.
  if (signed.role !== before && typeof roleIsKnown === "function") roleIsKnown(); };
meet().catch(() => undefined);
if (typeof shut !== "undefined") shut.push(() => meet().catch(() => undefined));
setInterval(() => { if (!met || typeof lost !== "undefined" && lost) meet().catch(() => undefined); }, 5000);
// Why somebody was not reached: the gateway keeps it in English, and quotes nobody.
const reason = why => {
  const broker = why.startsWith("the broker: ") ? `${words["the broker"]}: ` : "", said = broker ? why.slice(12) : why;
  return broker + (words[`why ${said}`] || said); };
const done = text => { place("done").textContent = text; };

const kept = () => {
  try {
    const me = JSON.parse(sessionStorage.getItem("me"));
    return me && me.until > Date.now() && !wall ? me.name : "";
  } catch { return ""; } };
const keep = name => {
  try {
    if (name && !wall) sessionStorage.setItem("me", JSON.stringify({name, until: Date.now() + KNOWN_MS}));
    else sessionStorage.removeItem("me");
  } catch { place("me").title = ""; }
  if (place("me")) place("me").textContent = name && !wall ? `${words.you_are} ${name} · ${words.change}` : words.who_are_you; };

// Unix ms of a time that stands on the house's clock: the laptop's may be of another zone.
const on_clock = ms => {
  const as = {year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23"};
  try { as.timeZone = document.body.dataset.zone || undefined; new Intl.DateTimeFormat("en", as); } catch { as.timeZone = undefined; }
  const at = Object.fromEntries(new Intl.DateTimeFormat("en", as).formatToParts(ms).map(part => [part.type, Number(part.value)]));
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second); };
function house_ms(year, month, day, hour = 0, minute = 0) {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let ms = wanted;
  for (let tries = 0; tries < 2; tries++) ms += wanted - on_clock(ms);
  return ms; }

// A question in front of everything: what it is called, and what of `fill` was chosen; null for none.
function question(title, fill) {
  const box = make("dialog", "", document.body), head = make("h2", title, box);
  head.id = "question";
  box.setAttribute("aria-labelledby", "question");
  return new Promise(resolve => {
    const end = value => { box.returnValue = ""; resolve(value); box.close(); };
    box.onclose = () => { resolve(null); box.remove(); };
    fill(box, end);
    const no = make("button", words.cancel, make("p", "", box), "quiet");
    no.onclick = () => end(null);
    box.showModal(); }); }

async function colleagues() {
  if (typeof facts !== "undefined" && facts) return facts.badges;
  try {
    const answer = await fetch("/api/alarms", {signal: within(ANSWER_MS)});
    return (await answer.json()).badges;
  } catch { return []; } }

async function askWho(wearer) {
  const there = ["ready", "not_ready", "practice", "testing"];
  const names = (await colleagues()).filter(b => there.includes(b.mode) && !b.silent && b.name !== wearer)
    .map(b => b.name).concat(signed.people).filter((name, at, all) => all.indexOf(name) === at).sort((a, b) => a.localeCompare(b, lang));
  return question(words.who_are_you, (box, end) => {
    const list = make("p", "", box, "names");
    for (const name of names) make("button", name, list).onclick = () => end(name);
    const label = make("label", `${words.other_name} `, make("p", "", box)), field = make("input", "", label);
    field.maxLength = 40;
    field.autocomplete = "off";
    const say = () => { if (field.value.trim()) end(field.value.trim()); else field.focus(); };
    field.onkeydown = event => { if (event.key === "Enter") { event.preventDefault(); say(); } };
    make("button", words.ok, label.parentNode).onclick = say; }); }

const sure = text => question(text, (box, end) => {
  make("button", words.yes, make("p", "", box), "first").onclick = () => end(true); });

// Return whether it was done. more.wearer: whose alarm it is, and so nobody who comes to it.
async function act(what, number, verb, more, under_way = () => {}) {
  const {wearer, wait_ms = ANSWER_MS, ...given} = more || {};
  if (!met) await meet().catch(() => undefined);
  const own = signed.role !== "screen" && signed.name, by = own || kept() !== wearer && kept() || await askWho(wearer);
  if (!by) return false;
  if (!own) keep(by);
  refused("");
  done(words.sending);
  under_way(true);
  const said_ms = typeof now_ms === "function" ? {said_ms: now_ms()} : {};
  try {
    const answer = await fetch(`/api/${what}/${number}/${verb}?lang=${lang}`, {method: "POST",
      headers: {"Content-Type": "application/json", "X-Kald-Csrf": signed.csrf}, signal: within(wait_ms),
      body: JSON.stringify({by, ...said_ms, ...given})});
    if (answer.ok) done(`${words.done}: ${words["verb_" + verb]}`);
    else refused(await answer.text());
    return answer.ok;
  } catch {
    refused(`${words.no_answer} ${typeof whom === "function" ? whom() : ""}`);
    return false;
  } finally { under_way(false); } }
if (place("me")) place("me").onclick = async () => { keep(""); keep(await askWho("")); };
keep(kept());
