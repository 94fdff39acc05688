"""What does the office see? The board: who, what, since when, how far; and one touch to take or close.

One static page in Danish and English. It gets its facts as JSON and puts them in as text, never as markup.
"""

WORDS = {
    "da": {
        "title": "Kald", "none": "Ingen alarmer", "take": "Jeg kommer", "close": "Luk", "who": "Dit navn",
        "badges": "Alarmer, der bæres", "assist": "Kom forbi", "fall": "Fald", "emergency": "NØDALARM",
        "since": "siden", "never": "aldrig", "fault": "fejl", "heard": "hørt", "battery": "batteri",
        "1": "modtaget, ingen har svaret", "2": "taget af", "3": "INGEN HAR SVARET", "4": "lukket",
        "lost": "Ingen forbindelse til gatewayen",
    },
    "en": {
        "title": "Kald", "none": "No alarms", "take": "I am coming", "close": "Close", "who": "Your name",
        "badges": "Badges", "assist": "Come by", "fall": "Fall", "emergency": "EMERGENCY", "since": "since",
        "1": "received, nobody has answered", "2": "taken by", "3": "NOBODY HAS ANSWERED", "4": "closed",
        "battery": "battery", "heard": "heard", "never": "never", "fault": "fault", "lost": "No link to the gateway",
    },
}  # fmt: skip

CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"

HTML = """<!doctype html>
<html lang="%(lang)s"><head><meta charset="utf-8"><title>%(title)s</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="board.css"></head>
<body><header><h1>%(title)s</h1><label>%(who)s <input id="who" maxlength="40"></label></header>
<p id="lost" hidden>%(lost)s</p><main id="alarms" aria-live="assertive"></main><h2>%(badges)s</h2><ul id="badges"></ul>
<script src="board.js?lang=%(lang)s"></script></body></html>
"""

CSS = """body{font:18px/1.4 system-ui,sans-serif;margin:0 auto;max-width:48rem;padding:1rem}
body{color:#222;background:#fafafa}
header{display:flex;justify-content:space-between;align-items:center}
article{background:#fff;border-left:.6rem solid #888;padding:.6rem 1rem;margin:.6rem 0}
article.step1,article.step3{border-color:#c00}article.step2{border-color:#e90}article.step4{opacity:.6}
button{font:inherit;padding:.6rem 1.2rem;margin-right:.6rem}#lost{background:#c00;color:#fff;padding:.6rem}
"""

SCRIPT = """const words = %s;
const kinds = {1: "assist", 2: "fall", 3: "emergency"};
const who = document.getElementById("who");
who.value = localStorage.getItem("who") || "";
who.onchange = () => localStorage.setItem("who", who.value);
const make = (tag, text, parent) => {
  const node = document.createElement(tag); node.textContent = text; parent.append(node); return node; };
const time = ms => new Date(ms).toLocaleTimeString();
async function act(id, verb) {
  if (!who.value.trim()) { who.focus(); return; }
  await fetch(`api/alarms/${id}/${verb}`, {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({by: who.value.trim()})}); }
function draw(facts) {
  const alarms = document.getElementById("alarms"); alarms.replaceChildren();
  if (!facts.alarms.length) make("p", words.none, alarms);
  for (const a of facts.alarms) {
    const box = make("article", "", alarms); box.className = "step" + a.step;
    make("strong", `${a.name}: ${words[kinds[a.kind]]}`, box);
    make("p", `${words.since} ${time(a.since_ms)} · ${words[a.step]} ${a.step === 2 ? a.taken_by : ""}`, box);
    if (a.step === 1 || a.step === 3) make("button", words.take, box).onclick = () => act(a.id, "take");
    if (a.step !== 4) make("button", words.close, box).onclick = () => act(a.id, "close"); }
  const badges = document.getElementById("badges"); badges.replaceChildren();
  for (const b of facts.badges)
    make("li", `${b.name} · ${words.battery} ${b.battery > 100 ? "?" : b.battery + " %%"} · ${words.heard} ` +
      (b.heard_ms ? time(b.heard_ms) : words.never) + (b.faults ? ` · ${words.fault} ${b.faults}` : ""), badges); }
const live = new EventSource("events");
live.onmessage = e => { document.getElementById("lost").hidden = true; draw(JSON.parse(e.data)); };
live.onerror = () => { document.getElementById("lost").hidden = false; };
"""
