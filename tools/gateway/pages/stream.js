// What does the gateway say? One stream for all tabs of a browser, since it gives one host six connections and no more.
// Runs as a SharedWorker, whose clock goes on at full pace when tabs are hidden, or in the page where there is none.
"use strict";
const QUIET_MS = 5000;  // a beat comes every 2 s
const KEYS = {alarms: "id", badges: "device"};

function applied(facts, change) {
  const after = {...facts, ...change.other};
  for (const [section, part] of Object.entries(change.rows)) {
    const key = KEYS[section], rows = new Map(facts[section].map(row => [row[key], row]));
    for (const row of part.rows) rows.set(row[key], row);
    after[section] = (part.order || facts[section].map(row => row[key])).map(each => rows.get(each)); }
  return after; }

function follow(tell) {
  let facts = null, last = "", source = null, opened = 0, heard = performance.now(), beat = null;
  const age = () => performance.now() - heard;
  const open = () => {
    if (source) source.close();
    opened = performance.now();
    const mine = source = new EventSource(`events?after=${encodeURIComponent(last)}`);
    const on = (name, take) => source.addEventListener(name, event => { if (mine === source) take(event); });
    on("error", () => tell({shut: true}));
    on("whole", event => { last = event.lastEventId; facts = JSON.parse(event.data); tell({facts}); });
    on("change", event => {
      const change = JSON.parse(event.data);
      if (!facts || change.from !== last) { last = ""; open(); return; }  // a gap: all of it anew
      last = event.lastEventId;
      facts = applied(facts, change);
      tell({facts}); });
    on("beat", event => {
      heard = performance.now();
      beat = {now_ms: JSON.parse(event.data).now_ms, at_ms: Date.now()};
      tell({beat, age: 0}); }); };
  setInterval(() => {
    const waited = performance.now() - opened, shut = source.readyState === EventSource.CLOSED;
    if (shut && waited > 1000 || waited > QUIET_MS && age() > QUIET_MS) open();
    tell({age: age()}); }, 1000);
  open();
  return () => ({facts, beat, age: age()}); }

if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
  const tabs = new Set(), now = follow(said => { for (const tab of tabs) tab.postMessage(said); });
  self.onconnect = event => {
    const tab = event.ports[0];
    tab.onmessage = () => tabs.delete(tab);  // its page goes
    tabs.add(tab);
    tab.postMessage(now()); }; }
