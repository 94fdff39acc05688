// What stands on the board? Facts come as events; they are put in as text nodes, so that a name can be any text.
"use strict";
const region = {da: "da-DK", en: "en-GB"}[lang];  // 24 hours in both
const short = {hour: "2-digit", minute: "2-digit"};
const time = ms => {
  const at = new Date(ms), day = {day: "numeric", month: "numeric", ...short};
  if (!ms) return words.never;
  return at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString(region, short)
    : at.toLocaleString(region, day); };
const age = ms => {
  const minutes = Math.floor((Date.now() - ms) / 60000);
  if (minutes < 1) return words.now;
  return minutes < 120 ? `${minutes} ${words.minutes} ${words.ago}`
    : `${Math.floor(minutes / 60)} ${words.hours} ${words.ago}`; };
const closing = new Set(), open = new Set();
const button = (text, parent, name, done) => {
  const node = make("button", text, parent, name);
  node.onclick = done;
  return node; };
let facts = {alarms: [], badges: [], troubles: [], crashes: [], bridges: []};

function alarm(a, parent) {
  const box = make("article", "", parent, `step${a.step}${a.practice ? " practice" : ""}`);
  const head = make("p", "", box);
  box.dataset.id = `alarm ${a.id}`;
  make("strong", `${a.name}: ${words["kind_" + a.kind]}${a.practice ? " · " + words.practice : ""}`, head);
  make("span", ` ${a.team}`, head, "team");
  if (a.colour !== "none") make("span", ` ${words[a.colour]}`, head, a.colour);
  const far = a.what ? words["what_" + a.what] : `${words["step_" + a.step]} ${a.step === 2 ? a.taken_by : ""}`;
  const since = make("p", `${words.since} ${time(a.since_ms)}`, box);
  if (a.step !== 4) make("b", ` (${age(a.since_ms)})`, since).dataset.since = a.since_ms;
  make("span", ` · ${far}` + (a.step === 4 ? ` · ${words[a.outcome]}` : ""), since);
  if (a.step === 4) { link(a, box); return; }
  if (a.lost_ms) make("p", `${words.is_lost} (${time(a.lost_ms)})`, box, "loud");
  if (a.unverified) make("p", words.is_unverified, box, "loud");
  if (a.unneeded_by) make("p", `${words.says_unneeded} (${words.said_by} ${a.unneeded_by})`, box);
  if (a.agreement) make("p", `${words.agreement}: ${a.agreement}`, box, "agreement");
  if (!a.practice && a.what === 0) actions(a, box);
  for (const one of a.coming) {
    const line = make("p", `${words.coming}: ${one.who}${one.arrived ? " · " + words.is_there : ""} `, box);
    if (!a.practice) button(`${one.who} ${words.withdraw}`, line, "small",
      () => act("alarms", a.id, "withdraw", {who: one.who})); }
  if (a.plan.length) make("p", `${words.plan}: ` + a.plan.map(s => words["does_" + s.does] + (s.state ? ": " : "") +
    `${words["state_" + s.state]}${["next", "done"].includes(s.state) ? " " + time(s.at_ms) : ""}`).join(" → "),
    box, "plan");
  close(a, box); }

function actions(a, box) {
  button(a.step === 2 ? words.take_too : words.take, box, a.step === 2 ? "" : "first", () => act("alarms", a.id, "take"));
  button(words.arrived, box, "", () => act("alarms", a.id, "arrived"));
  if (!a.unneeded_by) button(words.unneeded, box, "small", () => act("alarms", a.id, "unneeded")); }

function close(a, box) {
  const line = make("p", "", box);
  if (!closing.has(a.id)) {
    button(words.close, line, "", () => { closing.add(a.id); draw(); });
    link(a, line);
    return; }
  make("span", words.outcome + " ", line);
  for (const outcome of ["real", "false", "test", "not said"])
    button(words[outcome], line, "", async () => {
      if (await act("alarms", a.id, "close", {outcome})) closing.delete(a.id); });
  button(words.cancel, line, "small", () => { closing.delete(a.id); draw(); }); }

function link(a, parent) {
  const node = make("a", words.record, parent);
  node.href = `record/${a.id}?lang=${lang}`; }

function trouble(t, parent) {
  const over = t.until_ms ? ` · ${words.over} ${time(t.until_ms)}` : "";
  const who = t.bridge ? `${words.bridge} ${t.bridge}` : t.name || words.gateway;
  make("li", `${who}: ${words["fault_" + t.fault] || t.fault} · ${words.since} ` +
    `${time(t.since_ms)}${t.count ? ` · ${words.badge} ${t.detail} · ${t.count} × · ${words.last} ${time(t.last_ms)}` : ""}` +
    (t.detail && !t.count ? ` · ${t.detail}` : "") +
    over, parent, t.until_ms ? "over" : ""); }

function crash(c, parent) {
  const parts = c.says.map(part => part.map(key => words[key] || key).join(" "));
  const then = c.happened_ms ? ` (${words.happened} ${time(c.happened_ms)})` : "";
  make("li", `${c.name}: ${time(c.at_ms)}${then} · ${parts.join(" · ")}`, parent, "over"); }

function badge(b, parent) {
  const item = make("li", "", parent), d = b.device;
  item.dataset.id = `badge ${d}`;
  const head = make("p", "", item);
  make("strong", b.name, head);
  const parts = [words["mode_" + b.mode] + (b.until_ms ? ` ${words.until} ${time(b.until_ms)}` : "")];
  if (b.silent) parts.push(words.silent);
  parts.push(`${words.battery} ${b.battery > 100 ? "?" : b.battery + " %"}`, `${words.heard} ${time(b.heard_ms)}`,
    `${words.tested} ${time(b.tested_ms)}`);
  make("span", ` · ${b.team} · ${parts.join(" · ")}`, head);
  if (b.visit) make("p", ` ${words.visit}: ${words[b.visit.colour]}, ${words.since} ${time(b.visit.began_ms)}` +
    (b.visit.until_ms ? `, ${words.until} ${time(b.visit.until_ms)}` : ""), item, b.visit.colour);
  if (b.alone) make("p", words.alone, item, "loud");
  if (b.waiting.length) make("p", `${words.waiting} ${b.waiting.map(w => words["order_" + w]).join(", ")}`, item, "plan");
  if (b.refused.length) make("p", `${words.refused} ` + b.refused.map(r => `${words["order_" + r.order]} ` +
    `(${words["why_" + r.why]}, ${time(r.at_ms)})`).join(", "), item, "loud");
  const more = make("details", "", item);
  more.open = open.has(d);
  more.ontoggle = () => more.open ? open.add(d) : open.delete(d);
  make("summary", words.orders, more);
  const order = (text, verb, given, sure) => button(text, more, "small",
    () => (!sure || confirm(sure)) && act("badges", d, verb, given));
  for (const colour of ["green", "yellow", "red"]) order(words["start_" + colour], "visit", {colour});
  if (b.visit) { order(words.prolong, "prolong", {minutes: 30}); order(words.end, "end"); }
  if (b.mode === "paused") order(words.resume, "resume"); else order(words.pause, "pause", {minutes: 15});
  if (b.mode === "off") order(words.on, "on"); else order(words.off, "off");
  order(words.practise, "practice", {minutes: 10});
  order(words.do_test, "test");
  order(words.rekey, "rekey");
  order(words.revoke, "revoke", {}, words.revoke_sure); }

function bridge(hub, parent) {
  const how = !hub.there ? words.bridge_gone : !hub.radio ? words.bridge_no_radio :
    `${words.bridge_left} ${Math.round(hub.left / 10)} %`;
  make("li", `${words.bridge} ${hub.number} · ${how}`, parent, hub.there && hub.radio ? "plan" : "loud"); }

// Only what has changed is drawn anew, and nothing while a finger is down: a button that is replaced loses its touch.
const shown = {};
let touched_ms = 0;
function section(id, what, fill) {
  const said = JSON.stringify(what), place = document.getElementById(id);
  if (shown[id] === said) return;
  shown[id] = said;
  const at = place.contains(document.activeElement) ? document.activeElement : null;
  const whose = at && at.closest("[data-id]")?.dataset.id;
  place.replaceChildren();
  fill(place);
  for (const node of place.querySelectorAll("[data-id] button, [data-id] a, [data-id] summary"))
    if (at && node.textContent === at.textContent && node.closest("[data-id]").dataset.id === whose) node.focus(); }

function draw() {
  if (Date.now() - touched_ms < 2000) return;
  const open = facts.alarms.filter(a => a.step !== 4);
  document.title = open.length ? `(${open.length}) ${words.title}` : words.title;
  section("alarms", [facts.alarms, [...closing]], place => {
    if (!open.length) make("p", words.none, place);
    for (const a of facts.alarms) alarm(a, place); });
  section("troubles", facts.troubles, place => {
    if (!facts.troubles.length) return;
    make("h2", words.troubles, place);
    const list = make("ul", "", place);
    for (const t of facts.troubles) trouble(t, list); });
  section("crashes", facts.crashes, place => {
    if (!facts.crashes.length) return;
    make("h2", words.restarts, place);
    const list = make("ul", "", place);
    for (const c of facts.crashes) crash(c, list); });
  section("badges", [facts.badges, facts.bridges, facts.badges_left], place => {
    for (const b of facts.badges) badge(b, place);
    if (facts.badges_left) make("p", `+ ${facts.badges_left} ${words.badges_left}`, place);
    for (const hub of facts.bridges) bridge(hub, place); }); }

addEventListener("pointerdown", () => { touched_ms = Date.now(); }, true);
for (const over of ["pointerup", "pointercancel"])
  addEventListener(over, () => setTimeout(() => { touched_ms = 0; draw(); }, 50), true);
setInterval(() => {
  for (const node of document.querySelectorAll("[data-since]")) node.textContent = ` (${age(Number(node.dataset.since))})`;
  draw(); }, 5000);

const day = new Date();
document.getElementById("month").href =
  `month/${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}?lang=${lang}`;
const live = new EventSource("events");
live.onmessage = e => { document.getElementById("lost").hidden = true; facts = JSON.parse(e.data); draw(); };
live.onerror = () => { document.getElementById("lost").hidden = false; };
