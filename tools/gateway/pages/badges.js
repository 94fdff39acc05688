// How is each badge? Its worst fault first, and never "ready" beside one; what a colleague may order stands folded below.
"use strict";
const HEALTH_SIGNS = {dead: "✕", doubtful: "!", untested: "○", well: "✓"};
const unfolded = new Set(), typed = new Map();  // of badges: where a visit is to be
let wanted = "", health = "", found = null, asked_at = -10000;

const away = b => ["paused", "charging", "off"].includes(b.mode);
// Who is in an alarm is not "ready", and looks like the alarm: the gravest, which is the first.
const call_of = b => facts.alarms.find(a => a.device === b.device && real(a));
function state(b, call) {
  const said = b.wrong.map(fault => words["fault_" + fault] || fault);
  if (b.alone) said.unshift(words.alone);
  if (call) return [kind(call), ...said].join(" · ");
  const mode = words["mode_" + b.mode] + (b.until_ms ? ` ${words.until} ${time(b.until_ms)}` : "");
  if (!b.wrong.length || b.mode !== "ready") said.push(mode);
  return said.join(" · "); }

function badge(b, call, item) {
  const d = b.device, name = make("h3", "", item), well = away(b) && b.health === "well" ? "–" : HEALTH_SIGNS[b.health];
  make("span", call ? SIGNS[call.gravity] : b.alone ? "◆" : well, name, "sign").ariaHidden = "true";
  const whole = make("span", "", name, "name"), last = b.name.lastIndexOf(" ");  // which tells Anna B. from Anna C.
  for (const part of last > 0 ? [b.name.slice(0, last), b.name.slice(last)] : [b.name]) make("span", part, whole);
  make("p", state(b, call), item, "state");
  make("p", `${team(b.team)} · ${words.battery} ${b.battery > 100 ? "?" : b.battery + " %"} · ${words.heard} ` +
    `${time(b.heard_ms)} · ${b.tested_ms ? `${words.tested} ${time(b.tested_ms)}` : words.never_tested}`, item, "more");
  if (b.own_name) make("p", words.lent_until.replace("{until}", time(b.lent_until_ms)).replace("{own}", b.own_name), item, "more");
  if (b.visit) make("p", `${words.visit}: ${words[b.visit.colour]}, ${words.since} ${time(b.visit.began_ms)}` +
    (b.visit.until_ms ? `, ${words.until} ${time(b.visit.until_ms)}` : ""), item, `more colour ${b.visit.colour}`);
  if (b.waiting.length) make("p", `${words.waiting} ${b.waiting.map(w => words["order_" + w]).join(", ")}`, item, "more");
  if (b.refused.length) make("p", `${words.refused} ` + b.refused.map(r => `${words["order_" + r.order]} ` +
    `(${words["why_" + r.why]}, ${time(r.at_ms)})`).join(", "), item, "more loud");
  const more = make("details", "", item);
  more.open = unfolded.has(d);
  const fold = make("summary", words.orders, more);
  fold.dataset.do = "fold";
  make("span", `: ${b.name}`, fold, "vh");
  const does = make("p", "", more, "does");
  const order = (text, verb, given) => acting(text, does, "quiet", `badges ${d}`, verb, given || {}, b.name);
  const orders = () => {
    const there = allowed("badges", "visit") ? does : document.createDocumentFragment();
    const label = make("label", `${words.visit_place} `, there), spot = make("input", "", label);
    Object.assign(spot, {type: "text", maxLength: 60, autocomplete: "off", value: typed.get(d) || ""});
    spot.dataset.do = "place";
    spot.oninput = () => typed.set(d, spot.value);
    for (const colour of ["green", "yellow", "red"])
      order(words["start_" + colour], "visit", {colour, get place() { return (typed.get(d) || "").trim(); }});
    if (b.visit) { order(words.prolong, "prolong", {minutes: 30}); order(words.end, "end"); }
    if (b.mode === "paused") order(words.resume, "resume"); else order(words.pause, "pause", {minutes: 15});
    if (b.mode === "off") order(words.on, "on"); else order(words.off, "off");
    order(words.practise, "practice", {minutes: 10});
    order(words.do_test, "test");
    order(words.rekey, "rekey");
    const revoke = order(words.revoke, "revoke"), go = revoke.onclick;
    revoke.onclick = async () => { if (!lost && await sure(`${b.name}: ${words.revoke_sure}`)) go(); }; };
  if (more.open) orders();
  more.ontoggle = () => {
    if (more.open) unfolded.add(d); else unfolded.delete(d);
    if (more.open && !does.firstChild) orders(); }; }

function bridge(hub, item) {
  const how = !hub.there ? words.bridge_gone : !hub.radio ? words.bridge_no_radio :
    `${words.bridge_left} ${Math.round(hub.left / 10)} %`;
  item.textContent = `${words.bridge} ${hub.number} · ${how}`; }

// Those who are looked for: by name, group or number, and by what is the matter.
function drawBadges() {
  if (wanted && facts.badges_left && now_ms() - asked_at > 2000) search();
  const all = found && facts.badges_left ? found : facts.badges, low = wanted.toLocaleLowerCase(region);
  const shown = all.filter(b =>
    (!low || [b.name, team(b.team), String(b.device)].some(text => text.toLocaleLowerCase(region).includes(low))) &&
    (!health || (health === "alone" ? b.alone : b.health === health)));
  list(place("badges"), shown.map(b => [b, call_of(b)]).map(([b, call]) => ({key: `badges ${b.device}`, tag: "li",
    name: `badge ${b.alone ? "alone " : ""}${call ? `call g${call.gravity}` : b.health}${away(b) ? " away" : ""}`,
    fill: item => badge(b, call, item), said: [b, call && kind(call), unfolded.has(b.device), [...under_way].filter(way => way.startsWith(`badges ${b.device} `)), lost]})));
  place("badges").classList.toggle("few", shown.length < 13);
  place("badges").classList.toggle("many", shown.length > 30);
  place("hunt").hidden = !facts.badges_left && facts.badges.length < 9;
  place("all").hidden = !wanted && !health;
  const left = facts.badges_left && !wanted ? `+ ${facts.badges_left} ${words.badges_left}` : "";
  const none = shown.length || !facts.badges.length ? "" : words.found_none;
  place("left").textContent = left || none;
  list(place("bridges"), facts.bridges.map(hub => ({key: `bridge ${hub.number}`, tag: "li",
    name: hub.there && hub.radio ? "" : "loud", said: hub, fill: item => bridge(hub, item)}))); }

async function search() {
  asked_at = now_ms();
  const asked = wanted;
  try {
    const answer = await fetch(`api/badges?find=${encodeURIComponent(asked)}`, {signal: within(ANSWER_MS)});
    const some = (await answer.json()).badges;
    if (asked === wanted) { found = some; drawBadges(); }
  } catch { found = null; } }

function look(which) {
  health = which;
  wanted = place("find").value = "";
  drawBadges();
  place("h_badges").focus(); }
place("find").oninput = event => {
  wanted = event.target.value.trim();
  asked_at = -10000;
  found = null;
  drawBadges(); };
place("all").onclick = () => look("");
