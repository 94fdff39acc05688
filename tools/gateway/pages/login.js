// How does somebody sign in? With a password; or with a code, and the password that is chosen with it.
"use strict";
const at = id => document.getElementById(id);
let code = at("sign").dataset.code === "1";
// A link leads to no other host, and to nothing that is no page.
function landing(then) {
  try {
    const to = new URL(then || "/", location.origin);
    return to.origin === location.origin && !to.pathname.startsWith("/api/") ? to.href : "/";
  } catch { return "/"; } }
const show = () => {
  document.querySelector(".code").hidden = !code;
  at("which").textContent = code ? words.new_password : words.password;
  at("password").autocomplete = code ? "new-password" : "current-password";
  at("go").textContent = code ? words.choose : words.sign_in;
  at("other").textContent = code ? words.have_password : words.have_code; };
at("other").onclick = () => { code = !code; show(); };
at("sign").onsubmit = async event => {
  event.preventDefault();
  at("said").textContent = words.sending;
  const given = {name: at("name").value, password: at("password").value};
  if (code) given.code = at("code").value;
  try {
    const answer = await fetch(`/api/${code ? "code" : "session"}?lang=${document.documentElement.lang}`, {method: "POST",
      headers: {"Content-Type": "application/json"}, body: JSON.stringify(given)});
    if (!answer.ok) { at("said").textContent = await answer.text(); return; }
    location.replace(landing(new URLSearchParams(location.search).get("then")));
  } catch { at("said").textContent = words.no_answer; } };
show();
