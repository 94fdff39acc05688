// What must be seen at one look? A strip that stays on top: open alarms, who is alone, which badges cannot be relied on,
// which steps of the plan reach nobody. And whoever cannot see the page hears what is new, and nothing twice.
"use strict";
function chip(name, sign, text, more, press, href) {
  return {key: `${name} ${text}`, tag: "li", name: "", said: [name, sign, text, more, href], fill: item => {
    const node = make(press ? "button" : "a", "", item, `chip ${name}`);
    if (press) node.onclick = press; else node.href = href;
    node.dataset.do = "chip";
    make("span", sign, node, "sign").ariaHidden = "true";
    const said = make("span", text, node);
    if (more) make("span", `: ${more}`, said, "few"); }}; }

const few = said => said.names.join(", ") + (said.count > said.names.length ? ` + ${said.count - said.names.length}` : "");
const GATEWAYS_OWN = t => !t.until_ms && !t.name && t.fault !== "step_unreachable";

function glance(open) {
  const chips = open.filter(a => !a.practice).slice(0, 6).map(a => chip(`call g${a.gravity}${waits(a) ? "" : " calm"}`,
    SIGNS[a.gravity], `${a.name} · ${kind(a)}`, waits(a) ? words.nobody_yet : comes(a), null, `#alarm${a.id}`));
  const more = open.filter(a => !a.practice).length - chips.length;
  if (more > 0) chips.push(chip("call g4", "‼", `+ ${more} ${words.open_alarms}`, "", null, "#alarms"));
  for (const [which, sign] of [["alone", "◆"], ["dead", "✕"], ["doubtful", "!"], ["untested", "○"]]) {
    const said = facts.glance[which];
    if (said.count) chips.push(chip(which, sign, `${said.count} ${words["glance_" + which]}`, few(said),
      () => look(which))); }
  const vain = [...new Set(facts.unset.map(step => words["does_" + step.does]))].join(", ");
  const failed = facts.troubles.filter(t => !t.until_ms && t.fault === "step_unreachable").map(detailed).join("; ");
  const mends = wall ? "#alarms" : `${!signed.role || RUNS.includes(signed.role) ? "plans" : "guide"}?lang=${lang}`;
  if (vain) chips.push(chip("dead", "✕", `${words.glance_unset}: ${vain}`, "", null, mends));
  if (failed) chips.push(chip("dead", "✕", `${words.fault_step_unreachable}: ${failed}`, "", null, mends));
  for (const t of facts.troubles.filter(GATEWAYS_OWN))
    chips.push(chip("dead", "✕", t.bridge ? `${words.bridge} ${t.bridge}` : words.gateway,
      words["fault_" + t.fault] || t.fault, null, "#h_troubles"));
  if (facts.overdue && (!signed.role || RUNS.includes(signed.role)))
    chips.push(chip("doubtful", "!", `${facts.overdue} ${words.glance_overdue}`, "", null, `incidents?lang=${lang}`));
  if (!open.some(real)) chips.unshift(chip("well", "✓", words.none, "", null, "#alarms"));
  list(place("strip"), chips);
  const day = new Date(now_ms()).toLocaleDateString("sv", zone());  // of the house, and of today: a board stays open for weeks
  place("month").href = `month/${day.slice(0, 7)}?lang=${lang}`;
  title(open); }

function title(open) {
  const mine = open.filter(real), first = mine[0];
  if (lost) document.title = `⚠ ${words.lost_short} – ${words.title}`;
  else if (first) document.title = `(${mine.length}) ${kind(first)}: ${first.name} – ${words.title}`;
  else document.title = words.title; }

// id and content of each alarm that has been told of; null before the first facts
let known = null;
function news(open) {
  const said = new Map(open.map(a => [a.id, [a.kind, a.what, a.step, a.taken_by, a.lost_ms, !a.place].join()])), tell = [];
  let fresh = null;
  for (const a of open) {
    if (known && known.get(a.id) === said.get(a.id)) continue;
    tell.push(`${a.practice ? words.practice + " " : ""}${kind(a)}: ${a.name}, ${where(a)}. ${comes(a)}.`);
    if (known && !known.has(a.id)) fresh = fresh || a; }
  if (known) for (const id of known.keys()) if (!said.has(id)) tell.push(`${words.alarm} ${id}: ${words.step_4}.`);
  known = said;
  if (tell.length) place("spoken").textContent = tell.join(" ");
  const busy = document.querySelector("dialog[open]") || document.activeElement?.matches("input");
  if (!fresh || busy) return;
  measure();
  place(`alarm${fresh.id}`).scrollIntoView({block: "start"}); }

// what is scrolled to, or has the focus, must not lie under the strip
const measure = () => {
  const style = document.documentElement.style, top = place("top");
  style.setProperty("--bar", `${place("bar").offsetHeight}px`);
  style.setProperty("--top", `${top.offsetHeight + Math.min(0, parseFloat(getComputedStyle(top).top) || 0)}px`); };
new ResizeObserver(measure).observe(place("top"));
heard.push(draw, land, () => {
  // the gateway has another page by now, as after an update: take that one, once
  try {
    if (facts.page === version || sessionStorage.getItem("page") === facts.page || document.querySelector("dialog")) return;
    sessionStorage.setItem("page", facts.page);
    location.reload();
  } catch { refused(""); } });
changed.push(() => { title(facts ? facts.alarms.filter(a => a.step !== 4) : []); draw(true); });
listenToGateway();
