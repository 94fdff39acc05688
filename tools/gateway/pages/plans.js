// How is a plan edited? A form of native fields, made of the plan as JSON; what is typed goes into that plan at once. Rows
// move by buttons, and the focus stays with what was moved. The gateway checks it all when it is saved.
"use strict";
let plan = null, was = "", reached = [];
const DOES = {badges: {group: "own", who: "ready"}, notify: {to: []}, siren: {topic: ""}, webhook: {url: ""}};
const options = id => [...place(id).options].map(one => [one.value, one.textContent]);
const lines = text => text.split("\n").map(one => one.trim()).filter(one => one);
const listed = text => text.split(",").map(one => one.trim()).filter(one => one);
function field(text, parent, node, value, take) {
  const label = make("label", `${text} `, parent);
  label.append(node);
  node.value = value;
  node.oninput = () => take(node.value);
  return node; }
const input = (text, parent, value, take, type = "text") => {
  const node = document.createElement("input");
  node.type = type;
  return field(text, parent, node, value, take); };
const number = (text, parent, value, take) => input(text, parent, value, v => take(v === "" ? null : Number(v)), "number");
const area = (text, parent, value, take) => field(text, parent, document.createElement("textarea"), value, take);
function select(text, parent, known, value, take) {
  const node = document.createElement("select");
  for (const [key, word] of known) make("option", word, node).value = key;
  return field(text, parent, node, value, take); }
function ticks(text, parent, known, holder, key) {
  const group = make("fieldset", "", parent, "ticks");
  make("legend", text, group);
  for (const [value, word] of known) {
    const label = make("label", "", group), box = make("input", "", label);
    box.type = "checkbox";
    box.checked = (holder[key] || []).includes(value);
    label.append(` ${word}`);
    box.onchange = () => {
      const left = known.map(one => one[0]).filter(one => one === value ? box.checked : (holder[key] || []).includes(one));
      if (left.length) holder[key] = left; else delete holder[key]; }; } }
// what a list in words is in the plan: nothing, if it is empty
const put = (holder, key, some) => { if (some.length) holder[key] = some; else delete holder[key]; };
let focus = "";
function button(text, name, parent, key, press) {
  const node = make("button", text, parent);
  node.type = "button";
  node.dataset.key = key;
  node.setAttribute("aria-label", name ? `${text}: ${name}` : text);
  node.onclick = press; }
function moves(list, at, name, parent, key, shown = null) {
  const swap = (from, to) => {
    for (const some of shown ? [list, shown] : [list]) [some[from], some[to]] = [some[to], some[from]];
    focus = `${key} ${to}`;
    draw(); };
  if (at > 0) button(words.plan_up, name, parent, `${key} ${at}`, () => swap(at, at - 1));
  if (at < list.length - 1) button(words.plan_down, name, parent, `${key} ${at}`, () => swap(at, at + 1));
  if (list.length > 1) button(words.plan_remove, name, parent, `${key} ${at}`, () => {
    list.splice(at, 1);
    if (shown) shown.splice(at, 1);
    focus = `${key} ${Math.max(0, at - 1)}`;
    draw(); }); }

const language = (parent, holder) => {
  const known = holder === plan ? [] : [["", words.plan_house_lang]];
  select(words.plan_lang, parent, [...known, ["da", "dansk"], ["en", "English"]], holder.lang || (known.length ? "" : "da"),
    v => { if (v) holder.lang = v; else delete holder.lang; }); };
function step(list, at, parent, title, states) {
  const one = list[at], name = words.step_no.replace("{n}", at + 1), row = make("li", "", parent);
  make("strong", name, row);
  select(words.plan_do, row, Object.keys(DOES).map(key => [key, words[`does_${key}`]]), one.do, value => {
    list[at] = {do: value, after_s: one.after_s, ...structuredClone(DOES[value])};
    states[at] = [];
    focus = `${title} ${at}`;
    draw(); }).dataset.key = `${title} ${at}`;
  number(words.plan_after, row, one.after_s, value => { one.after_s = value; });
  if (one.do === "badges") {
    input(words.plan_group, row, one.group, value => { one.group = value.trim(); });
    select(words.plan_who, row, ["ready", "any"].map(key => [key, words[`plan_${key}`]]), one.who, v => { one.who = v; }); }
  if (one.do === "notify") {
    area(words.plan_to, row, one.to.join("\n"), v => { one.to = lines(v); });
    select(words.plan_place, row, [["", words.plan_no_place], ["da", "dansk"], ["en", "English"]], one.place || "", v => {
      if (v) one.place = v; else delete one.place; });
    language(row, one); }
  if (one.do === "siren") input(words.plan_topic, row, one.topic, v => { one.topic = v.trim(); });
  if (one.do === "webhook") input(words.plan_url, row, one.url, v => { one.url = v.trim(); });
  const told = make("span", "", row, "told");
  told.dataset.step = title;
  told.dataset.at = at;
  moves(list, at, `${title}, ${name}`, make("span", "", row), `${title} move`, states); }

function part(at, parent) {
  const one = plan.plans[at], box = make("fieldset", "", parent), title = `${words.plan} ${at + 1}`;
  const raw = one.name, shown = words[`plan ${raw}`] || raw;  // what every house begins with is said in the reader's language
  make("legend", `${title}: ${shown}`, box);
  input(words.plan_name, box, shown, v => { one.name = v === shown ? raw : v; });
  if (at < plan.plans.length - 1) {
    ticks(words.plan_kinds, box, options("kinds"), one, "kinds");
    ticks(words.plan_colours, box, options("colours"), one, "colours");
    input(words.plan_groups, box, (one.groups || []).join(", "), v => put(one, "groups", listed(v)));
    input(words.plan_badges, box, (one.badges || []).join(", "), v => put(one, "badges", listed(v).map(Number))); }
  area(words.plan_agreement, box, one.agreement || "", v => { one.agreement = v; });
  make("h3", words.plan_steps, box);
  const list = make("ol", "", box);
  one.steps.forEach((_, n) => step(one.steps, n, list, title, reached[at]));
  button(words.plan_step_add, title, box, `${title} add`, () => {
    one.steps.push({do: "badges", after_s: 30, ...DOES.badges});
    reached[at].push([]);
    focus = `${title} ${one.steps.length - 1}`;
    draw(); });
  moves(plan.plans, at, title, make("p", "", box), "part", reached); }

function items(parent) {
  const box = make("fieldset", "", parent);
  make("legend", words.plan_checklist, box);
  const list = make("ol", "", box);
  plan.checklist.forEach((one, at) => {
    const row = make("li", "", list), raw = typeof one === "string" ? one : one.item;
    const text = raw.includes(" ") && words[raw] || raw;  // what every house begins with is said in the reader's language
    const keep = (item, hours) => { plan.checklist[at] = hours ? {item, within_h: hours} : item; };
    const typed = () => item.value === text ? raw : item.value;
    const item = input(words.plan_item, row, text, () => keep(typed(), Number(hours.value)));
    item.dataset.key = `item ${at}`;
    item.className = "long";
    const hours = number(words.plan_within, row, one.within_h || "", v => keep(typed(), v));
    moves(plan.checklist, at, text, make("span", "", row), "moved item"); });
  button(words.plan_item_add, "", box, "item add", () => {
    plan.checklist.push("");
    focus = `item ${plan.checklist.length - 1}`;
    draw(); }); }

function rules(parent) {
  const box = make("fieldset", "", parent, "ticks"), given = plan.rules || {};
  const keep = () => { if (Object.keys(given).length) plan.rules = given; else delete plan.rules; };
  const put = (key, value) => { if (value) given[key] = value; else delete given[key]; keep(); };
  make("legend", words.plan_rules, box);
  const tick = (text, on, take) => {
    const label = make("label", "", make("p", "", box)), node = make("input", "", label);
    node.type = "checkbox";
    node.checked = on;
    node.onchange = () => take(node.checked);
    label.append(` ${text}`); };
  tick(words.plan_red, given.red_not_alone, on => put("red_not_alone", on));
  tick(words.plan_within_call, given.within_call, on => {
    put("within_call", on && {to: lines(to.value)}); });
  const to = area(words.plan_within_to, make("p", "", box), given.within_call ? given.within_call.to.join("\n") : "", v => {
    if (given.within_call) given.within_call.to = lines(v); });
  number(words.plan_closed, make("p", "", box), given.closed_s || "", v => put("closed_s", v)); }

function draw() {
  const form = place("plan");
  form.hidden = false;
  form.replaceChildren();
  plan.plans.forEach((_, at) => part(at, form));
  button(words.plan_add, "", form, "plan add", () => {
    plan.plans.unshift({name: words.plan_add, agreement: "", steps: [{do: "badges", after_s: 0, ...DOES.badges}]});
    reached.unshift([[]]);
    focus = "part 0";
    draw(); });
  const box = make("fieldset", "", form);
  make("legend", words.plan_check_in, box);
  for (const colour of Object.keys(plan.check_in_s))
    number(words[colour], box, plan.check_in_s[colour], v => { plan.check_in_s[colour] = v; });
  number(words.plan_again, make("p", "", form), plan.again_s, v => { plan.again_s = v; });
  const told = make("p", "", form);
  input(words.plan_address, told, plan.address || "", v => { if (v.trim()) plan.address = v.trim(); else delete plan.address; });
  language(told, plan);
  rules(form);
  items(form);
  const save = make("button", words.plan_save, make("p", "", form), "first");
  save.id = "save";
  states();
  if (focus) (form.querySelector(`[data-key="${CSS.escape(focus)}"]`) || save).focus();
  focus = ""; }
function states() {
  for (const told of document.querySelectorAll(".told")) {
    const at = plan.plans.findIndex((_, n) => `${words.plan} ${n + 1}` === told.dataset.step);
    told.textContent = (reached[at][told.dataset.at] || []).map(([key, why]) => words[key] + (why ? `: ${reason(why)}` : "")).join("; "); } }
place("plan").onsubmit = async event => {
  event.preventDefault();
  if (await act("house", 0, "plan", {plan, was})) { sessionStorage.setItem("plan", "saved"); location.reload(); } };
place("set_zone").onclick = () => act("house", 0, "zone", {zone: place("zone").value.trim()});
async function load(first) {
  const answer = await fetch("/api/plan", {signal: within(ANSWER_MS)});
  if (!answer.ok) { refused(await answer.text()); return; }
  const found = await answer.json();
  if (first) ({plan, was, reached} = found);
  else if (found.was === was && found.reached.length === reached.length) reached = found.reached;
  if (first) draw(); else states();
  if (found.reached.flat(2).some(one => one[0] === "trying")) setTimeout(() => load(false).catch(() => undefined), 2000); }
meet().then(() => load(true)).then(() => {
  if (sessionStorage.getItem("plan") !== "saved") return;
  sessionStorage.removeItem("plan");
  done(words.plan_saved); }).catch(() => refused(words.no_answer));
