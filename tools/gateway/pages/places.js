// How are places entered? Each form is one act; the page is then read again, unfolded where it was. Who cannot point at the
// plan types the metres; who can, sees where the dot has come to.
"use strict";
const OPEN_PLACE = "places", FILE_MOST = 2000000, SENDING_MS = 30000;
const base64 = file => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = reject;
  reader.readAsDataURL(file); });
async function typed(form) {
  const given = form.dataset.was === undefined ? {} : {was: form.dataset.was};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "file") {
      const file = field.files[0];
      if (file.size > FILE_MOST) { refused(words.plan_large.replace("{most}", FILE_MOST / 1000000)); return null; }
      given[field.name] = await base64(file); }
    else if (field.dataset.kind !== "number") given[field.name] = field.value.trim();
    else given[field.name] = field.value === "" ? null : Number(field.value); }
  return given; }
for (const form of document.querySelectorAll("form[data-verb]"))
  form.onsubmit = async event => {
    event.preventDefault();
    if (form.dataset.sure && !await sure(form.dataset.sure)) return;
    const given = await typed(form).catch(() => { refused(words.plan_cut); return null; });
    if (!given || !await act("house", 0, form.dataset.verb, {...given, wait_ms: SENDING_MS})) return;
    const box = form.closest("details[id]");
    if (box) sessionStorage.setItem(OPEN_PLACE, box.id);
    location.reload(); };
for (const image of document.querySelectorAll("img[data-wide]"))
  image.onclick = event => {
    const at = image.getBoundingClientRect(), form = image.closest("details").querySelector("form[data-verb=place]");
    const share = (point, start, whole) => Math.min(1, Math.max(0, (point - start) / whole));
    const x = image.dataset.wide * share(event.clientX, at.left, at.width);
    const y = image.dataset.high * share(event.clientY, at.top, at.height);
    for (const [name, value] of [["x", x], ["y", y]]) form.elements[name].value = value.toFixed(1);
    const query = new URLSearchParams(image.src.split("?")[1]);
    query.set("x", x.toFixed(2));
    query.set("y", y.toFixed(2));
    image.src = `/floor.svg?${query}`; };
const opened = document.getElementById(sessionStorage.getItem(OPEN_PLACE));
sessionStorage.removeItem(OPEN_PLACE);
if (opened) { opened.open = true; opened.querySelector("summary").focus(); }
