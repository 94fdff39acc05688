// Who looks away is called by ear: three tones for an alarm that nobody has taken, where the office has asked for it.
"use strict";
const sound = document.getElementById("sound");
let ears = null;  // a browser lets a page sound only once it has been touched
try { sound.checked = localStorage.getItem("sound") === "1"; } catch { sound.checked = false; }
const listen = () => { if (sound.checked && !ears) ears = new AudioContext(); };
addEventListener("pointerdown", listen);
addEventListener("keydown", listen);
const tones = () => {
  if (!sound.checked || !ears) return;
  for (const part of [0, 1, 2]) {
    const tone = ears.createOscillator();
    tone.frequency.value = 880;
    tone.connect(ears.destination);
    tone.start(ears.currentTime + part * 0.4);
    tone.stop(ears.currentTime + part * 0.4 + 0.2); } };
const waits = () => facts.alarms.some(a => !a.practice && a.what === 0 && (a.step === 1 || a.step === 3));
sound.onchange = () => {
  try { localStorage.setItem("sound", sound.checked ? "1" : "0"); } catch { sound.title = ""; }
  listen();
  tones(); };
let waited = false;
setInterval(() => { if (waits() && !waited) tones(); waited = waits(); }, 500);
setInterval(() => { if (waits()) tones(); }, 10000);
