// What stands on the board? Facts are put in as text nodes, so that a name can be any text; and only what has changed is
// drawn anew, so that focus, and a finger, stay where they are.
"use strict";
const region = {da: "da-DK", en: "en-GB"}[lang];  // 24 hours in both
const short = {hour: "2-digit", minute: "2-digit"};
const SIGNS = ["", "?", "●", "▲", "‼"];  // of gravity 1 to 4: never by colour alone
// Times are the house's, whatever clock or zone this screen has.
let known_zone = {name: "", as: {}};
function zone() {
  const name = facts && facts.zone || "";
  if (known_zone.name !== name) {
    known_zone = {name, as: {timeZone: name}};
    try { new Date().toLocaleTimeString(region, known_zone.as); } catch { known_zone.as = {}; } }  // one that it does not know
  return known_zone.as; }
const date = ms => new Date(ms).toLocaleDateString(region, zone());
const time = ms => {
  const day = {day: "numeric", month: "numeric", ...short, ...zone()};
  if (!ms) return words.never;
  return date(ms) === date(now_ms()) ? new Date(ms).toLocaleTimeString(region, {...short, ...zone()})
    : new Date(ms).toLocaleString(region, day); };
const age = ms => {
  const minutes = Math.floor((now_ms() - ms) / 60000);
  if (minutes < 1) return words.now;
  return minutes < 120 ? `${minutes} ${words.minutes} ${words.ago}`
    : `${Math.floor(minutes / 60)} ${words.hours} ${words.ago}`; };
const team = name => name === "house" ? words.team_house : name;
const person = name => words["by_" + name] || name;
const real = a => a.step !== 4 && !a.practice;
const waits = a => real(a) && a.what === 0 && (a.step === 1 || a.step === 3);
const kind = a => a.what === 1 ? `${words["kind_" + a.kind]}?` : words["kind_" + a.kind];
const closing = new Set(), under_way = new Set();
let moved_at = -1000, touched_at = -10000;  // performance.now()

// Rows are {key, said: what is drawn, fill(node), tag, name}; a node is made anew when what is said of it is other.
function list(parent, rows) {
  const old = new Map([...parent.children].map(node => [node.dataset.key, node])), before = document.activeElement;
  const times = new Map();  // that a key has come: two rows that say the same are two, and leave no node behind
  let shifted = false;
  rows.forEach((row, i) => {
    const said = JSON.stringify([row.said, row.name, facts.zone, signed.role]), nth = times.get(row.key) || 0;
    const key = nth ? `${row.key} ${nth}` : row.key;
    times.set(row.key, nth + 1);
    let node = old.get(key);
    old.delete(key);
    if (!node || node.said !== said) {
      const fresh = document.createElement(row.tag);
      fresh.className = row.name;
      fresh.dataset.key = key;
      fresh.said = said;
      row.fill(fresh);
      if (node) {
        const at = node.contains(document.activeElement) && document.activeElement.dataset.do;
        node.replaceWith(fresh);
        if (at) (fresh.querySelector(`[data-do="${CSS.escape(at)}"]`) || fresh.querySelector("h3"))?.focus({preventScroll: true}); }
      node = fresh; }
    if (parent.children[i] !== node) {
      shifted = shifted || i < parent.children.length;
      parent.insertBefore(node, parent.children[i] || null); } });
  for (const node of old.values()) { shifted = shifted || node.nextSibling !== null; node.remove(); }
  if (before !== document.activeElement && before.isConnected) before.focus({preventScroll: true});
  return shifted; }

function button(text, parent, name, what, pressed) {
  const node = make("button", text, parent, name);
  node.dataset.do = what;
  node.onclick = pressed;
  return node; }

// A button that acts: it says whose it is to whoever cannot see that, is shown under way, and cannot be pressed in vain.
function acting(text, parent, name, row, verb, given, whose, wearer) {
  const way = `${row} ${verb} ${JSON.stringify(given)}`, [what, number] = row.split(" "), sending = under_way.has(way);
  if (!allowed(what, verb)) parent = document.createDocumentFragment();
  const node = button(sending ? words.sending : text, parent, `act ${name}`, way, () => {
    if (node.getAttribute("aria-disabled") === "true") return;
    if (performance.now() - moved_at < 500) { refused(words.has_moved); return; }
    return act(what, number, verb, {...given, wearer}, on => {
      if (on) under_way.add(way); else under_way.delete(way);
      draw(true); }); });
  node.setAttribute("aria-disabled", lost || sending);
  make("span", `: ${whose}`, node, "vh");
  return node; }

function where(a) {
  const at = a.place;
  if (!at) return words.place_unknown;
  return typeof at === "string" ? at : at[lang] || at.text || words.place_unknown; }

function comes(a) {
  if (a.what) return words["what_" + a.what];
  if (a.step !== 2) return words["step_" + a.step];
  return "✓ " + a.coming.map(one => `${person(one.who)} ${one.arrived ? words.is_there : words.is_coming}`).join(", "); }

function alarm(a, box) {
  const name = `${a.name}, ${kind(a)}`, row = `alarms ${a.id}`, head = make("h3", "", make("header", "", box));
  box.id = `alarm${a.id}`;
  head.id = `alarm${a.id}name`;
  head.tabIndex = -1;
  box.setAttribute("aria-labelledby", head.id);
  make("span", SIGNS[a.gravity], head, "sign").ariaHidden = "true";
  make("span", a.name, head, "name");
  const spot = make("p", where(a), box, "where");
  if (a.place && a.place.at_ms) make("span", ` (${age(a.place.at_ms)})`, spot).dataset.since = a.place.at_ms;
  if (a.place && a.place.said) make("p", a.place.said[lang], box, "near");
  if (a.place && a.place.directions) make("p", a.place.directions, box, "near");
  const what = make("p", "", box, "what");
  make("strong", kind(a) + (a.practice ? ` · ${words.practice}` : ""), what);
  make("span", ` ${team(a.team)}`, what, "team");
  if (a.colour !== "none") make("span", words[a.colour], what, `colour ${a.colour}`);
  const since = make("p", `${words.since} ${time(a.since_ms)}`, box, "since");
  make("span", ` (${age(a.since_ms)})`, since).dataset.since = a.since_ms;
  make("p", comes(a), box, "comes");
  if (a.lost_ms) make("p", `${words.is_lost} (${time(a.lost_ms)})`, box, "loud");
  if (a.unverified) make("p", words.is_unverified, box, "loud");
  if (a.unneeded_by) make("p", `${words.says_unneeded} (${words.said_by} ${a.unneeded_by})`, box);
  if (a.agreement) make("p", `${words.agreement}: ${a.agreement}`, box, "agreement");
  const does = make("p", "", box, "does");
  if (!a.practice && a.what === 0) {
    acting(a.step === 2 ? words.take_too : words.take, does, a.step === 2 ? "" : "first", row, "take", {}, name, a.name);
    acting(words.arrived, does, "", row, "arrived", {}, name, a.name);
    if (!a.unneeded_by) acting(words.unneeded, does, "quiet", row, "unneeded", {}, name);
    for (const one of a.coming)
      acting(`${one.who} ${words.withdraw}`, does, "quiet", row, "withdraw", {who: one.who}, name); }
  if (a.plan.length) make("p", `${words.plan}: ` + a.plan.map(s => words["does_" + s.does] + (s.state ? ": " : "") +
    `${words["state_" + s.state]}${["next", "done"].includes(s.state) ? " " + time(s.at_ms) : ""}` +
    (s.again_ms ? `, ${words.plan_again} ${time(s.again_ms)}` : "")).join(" → "),
    box, "plan");
  close(a, box, row, name);
  if (a.place && a.place.plan) {
    const plan = make("img", "", box, "floor");
    plan.alt = where(a);
    plan.src = `/where/${a.id}.svg?lang=${lang}&at=${a.place.at_ms}`; } }

function close(a, box, row, name) {
  const line = make("p", "", box, "does");
  const ask = on => { if (on) closing.add(a.id); else closing.delete(a.id); draw(true); };
  if (!allowed("alarms", "close")) { link(a, line); return; }
  if (!closing.has(a.id)) {
    const node = button(words.close, line, "act", "close", () => { if (!lost) ask(true); });
    node.setAttribute("aria-disabled", lost);
    make("span", `: ${name}`, node, "vh");
    link(a, line);
    return; }
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", `${words.outcome} ${name}`);
  make("span", words.outcome + " ", line);
  ["real", "false", "test", "not said"].forEach((outcome, i) => {
    const node = acting(words[outcome], line, "", row, "close", {outcome}, name, a.name);
    if (!i) node.dataset.do = "close"; });
  button(words.cancel, line, "quiet", "cancel", () => ask(false)); }

function link(a, parent) {
  if (!allowed("alarms", "note")) return;  // who reads a record may write to it
  const node = make("a", words.record, parent);
  node.href = `record/${a.id}?lang=${lang}`;
  make("span", `: ${a.name}, ${time(a.since_ms)}`, node, "vh"); }

function closed(a, item) {
  const said = a.what ? words["what_" + a.what] : words[a.outcome];
  make("span", `${a.name}: ${kind(a)}${a.practice ? " · " + words.practice : ""} · ${time(a.since_ms)} · ${said} `, item);
  link(a, item); }

// "plan, 2. notify 1/3: why; ..." as tools/gateway/jobs/trials.py keeps it
const unreached = detail => detail.split("; ").map(one => {
  const [, plan, step, does, place, why] = one.match(/^(.*), (\d+)\. (\w+)( \d+\/\d+)?: (.*)$/) || [];
  return why ? `${words[`plan ${plan}`] || plan}, ${step}. ${words[`does_${does}`] || does}${place || ""}: ${reason(why)}` : one;
}).join("; ");
const detailed = t => t.fault === "step_unreachable" ? unreached(t.detail || "") : t.detail;
function trouble(t, item) {
  const who = t.bridge ? `${words.bridge} ${t.bridge}` : t.name || words.gateway;
  const many = t.count ? ` · ${words.badge} ${t.detail} · ${t.count} × · ${words.last} ${time(t.last_ms)}` : "";
  item.textContent = `${who}: ${words["fault_" + t.fault] || t.fault} · ${words.since} ${time(t.since_ms)}${many}` +
    (t.detail && !t.count ? ` · ${detailed(t)}` : "") + (t.until_ms ? ` · ${words.over} ${time(t.until_ms)}` : ""); }

function crash(c, item) {
  const parts = c.says.map(part => part.map(key => words[key] || key).join(" "));
  const then = c.happened_ms ? ` (${words.happened} ${time(c.happened_ms)})` : "";
  item.textContent = `${c.name}: ${time(c.at_ms)}${then} · ${parts.join(" · ")}`; }

// A section that has nothing to say is not there.
function part(id, rows) {
  place(id).hidden = !rows.length;
  return list(place(id).querySelector("ul"), rows); }

// Called by door.js, which other pages have, too: once it is known who is signed in.
function roleIsKnown() { draw(true); }

function draw(mine) {
  if (!facts || !mine && performance.now() - touched_at < 2000) return;
  const open = facts.alarms.filter(a => a.step !== 4);
  place("none").hidden = open.length > 0;
  document.documentElement.classList.toggle("open", open.length > 0);
  const shifted = list(place("alarms"), open.map(a => ({
    key: `alarms ${a.id}`, tag: "article", name: `alarm g${a.gravity} step${a.step}${a.practice ? " practice" : ""}`,
    said: [a, closing.has(a.id), [...under_way].filter(way => way.startsWith(`alarms ${a.id} `)), lost],
    fill: box => alarm(a, box)})));
  if (shifted && !mine) moved_at = performance.now();
  glance(open);
  drawBadges();
  part("troubles", facts.troubles.map(t => ({key: `${t.name} ${t.bridge} ${t.fault} ${t.since_ms}`, tag: "li",
    name: t.until_ms ? "over" : "stands", said: t, fill: item => trouble(t, item)})));
  part("over", facts.alarms.filter(a => a.step === 4).map(a => ({key: `alarms ${a.id}`, tag: "li", name: "over",
    said: a, fill: item => closed(a, item)})));
  part("crashes", facts.crashes.map(c => ({key: `${c.name} ${c.at_ms}`, tag: "li", name: "over", said: c,
    fill: item => crash(c, item)})));
  fit();
  news(open); }

// A link in a notification leads here: to the alarm while it is open, else to its record; once.
let linked = new URLSearchParams(location.search).get("alarm");
function land() {
  if (!linked || !facts) return;
  const [number, query] = [linked, new URLSearchParams(location.search)];
  linked = null;
  query.delete("alarm");
  history.replaceState(null, "", `${location.pathname}?${query}`);
  const there = /^[0-9]{1,9}$/.test(number) && place(`alarm${number}name`);
  if (there) { there.scrollIntoView({block: "start"}); there.focus({preventScroll: true}); }
  else if (/^[0-9]{1,9}$/.test(number)) location.assign(`record/${number}?lang=${lang}`); }

addEventListener("pointerdown", () => { touched_at = performance.now(); }, true);
for (const over of ["pointerup", "pointercancel"])
  addEventListener(over, () => setTimeout(() => { touched_at = -10000; draw(); }, 50), true);
setInterval(() => {
  place("clock").textContent = facts && !lost ? time(now_ms()) : "";  // one that stands still tells that the screen does
  for (const node of document.querySelectorAll("[data-since]"))
    node.textContent = ` (${age(Number(node.dataset.since))})`; }, 1000);
