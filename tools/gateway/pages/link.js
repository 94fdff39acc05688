// Is what stands here true now? Who hears no beat for 5 s says so over the whole page, and lets nobody press in vain.
"use strict";
const DEAF_MS = 15000;  // a worker tells each second how long it has heard nothing; one that tells nothing is gone
let facts = null, skew_ms = 0, beat_at = performance.now(), told_at = beat_at, lost = false, lost_since = 0;
const heard = [], changed = [], ticked = [], shut = [];  // called when facts come, when the link is lost or found, each
// second, and when the stream ends: a session may be over
const now_ms = () => Date.now() + skew_ms;  // by the gateway's clock: ages on a screen with a wrong clock are right
const ring = () => {
  try { return facts ? facts.ring : localStorage.getItem("ring") || ""; } catch { return ""; } };
const whom = () => ring() ? `${words.lost_ring} ${ring()}.` : words.lost_ring_nobody;

let mine = false;
function alone() {
  if (!mine) follow(take);
  mine = true; }

function watch() {
  if (performance.now() - told_at > DEAF_MS) alone();
  const quiet = performance.now() - beat_at > QUIET_MS;
  if (quiet && lost) {
    document.getElementById("lost_for").textContent =
      `${Math.round((performance.now() - lost_since) / 1000)} s ${words.ago}`;
    return; }
  if (quiet === lost) return;
  lost = quiet;
  lost_since = beat_at;
  document.documentElement.classList.toggle("lost", lost);
  const place = document.getElementById("lost");
  place.hidden = !lost;
  document.getElementById("lost_what").textContent = lost ? words.lost_gateway : "";
  document.getElementById("lost_do").textContent = lost ? `${words.lost_do} ${whom()}` : "";
  for (const each of changed) each(); }

function take(said) {
  told_at = performance.now();
  if (said.shut) { for (const each of shut) each(); return; }
  if (said.beat) skew_ms = said.beat.now_ms - said.beat.at_ms;
  beat_at = performance.now() - (said.age ?? performance.now() - beat_at);
  if (said.facts) {
    facts = said.facts;
    try { localStorage.setItem("ring", facts.ring); } catch { lost_since = beat_at; }
    for (const each of heard) each(); }
  watch();
  for (const each of ticked) each(); }

function listenToGateway() {
  if (typeof SharedWorker === "undefined") { alone(); return; }
  const worker = new SharedWorker("stream.js", version);  // a newer page's own: an older one may know less
  worker.onerror = alone;
  worker.port.onmessage = event => take(event.data);
  addEventListener("pagehide", () => worker.port.postMessage("bye"));
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); }); }
setInterval(watch, 250);
