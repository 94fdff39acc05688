// Who looks away is called by ear, until somebody comes: the graver, the faster and higher. A browser lets a page sound
// only once it has been touched; whoever has asked for sound sees whether it can be heard, and is never left to guess.
"use strict";
const TONES = {  // [again after ms, [[Hz, from s, to s] ...]] by gravity; 0: the link is lost
  0: [10000, [[330, 0, 0.4], [220, 0.5, 1.1]]],
  1: [15000, [[440, 0, 0.15]]],
  2: [10000, [[587, 0, 0.2], [587, 0.4, 0.6]]],
  3: [6000, [[880, 0, 0.2], [880, 0.4, 0.6], [880, 0.8, 1.0]]],
  4: [3000, [[880, 0, 0.25], [1175, 0.25, 0.5], [880, 0.5, 0.75], [1175, 0.75, 1.0], [880, 1.0, 1.25], [1175, 1.25, 1.5]]],
};
let on = wall, ears = null, sounded_at = -100000, sounded = -1;
let clock = [-1, 0];  // what the sound's own clock showed, and when it last moved: one that stands makes no sound
try { on = (localStorage.getItem("sound") || (wall ? "1" : "0")) === "1"; } catch { on = wall; }

// "off", "ready", "touch" (a browser waits for one), or "broken"
function hearing() {
  if (!on) return "off";
  if (typeof AudioContext === "undefined") return "broken";
  if (!ears) ears = new AudioContext();
  if (ears.state !== "running") return ears.state === "closed" ? "broken" : "touch";
  if (ears.currentTime !== clock[0]) clock = [ears.currentTime, performance.now()];
  return performance.now() - clock[1] > 3000 ? "broken" : "ready"; }

function showHearing() {
  const how = hearing(), node = place("sound");
  node.className = `sound_${how}`;
  node.setAttribute("aria-pressed", on);
  const text = words["sound_" + how];
  if (node.textContent !== text) node.textContent = text; }

function play(gravity) {
  if (hearing() !== "ready") return false;
  const volume = ears.createGain();
  volume.gain.value = gravity > 1 ? 0.5 : 0.2;
  volume.connect(ears.destination);
  for (const [hz, from, to] of TONES[gravity][1]) {
    const tone = ears.createOscillator();
    tone.frequency.value = hz;
    tone.connect(volume);
    tone.start(ears.currentTime + from);
    tone.stop(ears.currentTime + to); }
  return true; }

// What is to be heard now: 0 for a lost link, the gravest that nobody comes to, or -1.
const calls = () => lost ? 0 : Math.max(-1, ...(facts ? facts.alarms : [])
  .filter(a => waits(a) || real(a) && a.what === 1).map(a => a.gravity));

function ring_out() {
  showHearing();
  const what = calls(), at = performance.now();
  if (what >= 0 && (what !== sounded || at - sounded_at >= TONES[what][0]) && play(what)) sounded_at = at;
  sounded = what; }

async function touch() {
  if (!on || hearing() !== "touch") return;
  try { await ears.resume(); } catch { ears = null; }
  ring_out(); }
for (const how of ["pointerdown", "keydown"]) addEventListener(how, touch, true);
place("sound").onclick = async () => {
  const silent = on && hearing() !== "ready";  // who presses what says that it is silent wants to hear
  on = silent || !on;
  try { localStorage.setItem("sound", on ? "1" : "0"); } catch { sounded = -1; }
  await touch();
  showHearing(); };
place("sound_test").onclick = async () => {
  on = true;
  try { localStorage.setItem("sound", "1"); } catch { sounded = -1; }
  await touch();
  done(play(4) ? words.sound_hear : words.sound_broken);
  showHearing(); };
heard.push(ring_out);
changed.push(ring_out);
ticked.push(ring_out);
setInterval(ring_out, 500);
