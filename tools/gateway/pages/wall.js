// How are all open alarms seen at once on a wall screen, which nobody scrolls? The more there are, the denser they stand:
// as large as still fits, with the badges if that can be.
"use strict";
const DENSEST = 9;
function dense(level) {
  const style = document.documentElement.classList;
  for (let i = 1; i <= DENSEST; i++) style.toggle(`dense${i}`, i <= level);
  style.add("fits");
  return [place("alarms").getBoundingClientRect().bottom + scrollY, document.documentElement.scrollHeight]
    .map(bottom => bottom <= innerHeight); }

function least(good) {
  let low = 0, high = DENSEST;
  while (low < high) {
    const middle = low + high >> 1;
    if (good(dense(middle))) high = middle; else low = middle + 1; }
  return low; }

let density = 0, fitted = "";
const room = () => [innerWidth, innerHeight, place("top").offsetHeight, place("alarms").textContent, place("badges").textContent].join();
function fit() {
  if (!wall || room() === fitted) return;
  const before = density, any = place("alarms").firstChild;
  density = any ? least(([, all]) => all) : 0;
  if (any && !dense(density)[1]) density = least(([alarms]) => alarms);
  document.documentElement.classList.toggle("fits", dense(density)[0]);
  fitted = room();
  if (density !== before) moved_at = performance.now(); }

ticked.push(fit);
addEventListener("resize", fit);
addEventListener("load", () => { fitted = ""; fit(); }, true);  // of a floor's picture

// It stays lit: one that has gone dark looks calm. A browser may refuse until it is touched.
async function lit() {
  if (!wall || document.visibilityState !== "visible" || !navigator.wakeLock) return;
  try { await navigator.wakeLock.request("screen"); } catch { setTimeout(lit, 60000); } }
document.addEventListener("visibilitychange", lit);
lit();
