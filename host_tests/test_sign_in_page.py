"""Can people sign in, make accounts and act by their pages alone, in a real browser, and can everybody use them?"""

import json
import time

import pytest

from firmware import codes
from page_rig import OPEN, looking, people, press
from axe_rig import axe, faultless
from tools.gateway import accounts, notices, permissions
from tools.gateway.store import open_store

__all__ = ["axe", "people"]
SIGN = "document.readyState === 'complete' && document.getElementById('sign') !== null"
PASSWORD = "en meget sikker hest"


def fill(**fields):
    """Return a script that types into the fields with these ids, and sends their form."""
    typed = "; ".join(f"document.getElementById({key!r}).value = {text!r}" for key, text in fields.items())
    return f"{typed}; document.querySelector('form').requestSubmit()"


async def enters(page, name, code):
    """Give the code and a password to the page of signing in."""
    await page.push(press("I have a code"))
    await page.ask(fill(name=name, code=code, password=PASSWORD))


async def test_from_a_code_to_an_act_in_ones_own_name(people, tmp_path):
    house = people("Anna", "Bo")
    store = open_store(house.folder / "kald.sqlite")
    with store.engine.begin() as db:
        _, code = accounts.add(db, time.time_ns() // 1_000_000, "Inge Å", "administrator", "test")
    base = f"http://127.0.0.1:{house.web}"
    async with looking(tmp_path) as page:
        await page.show(f"{base}/?lang=en", 1366, SIGN, 768)
        await page.push(press("I have a code"))
        await page.ask(fill(name="inge å", code="wrong", password=PASSWORD))
        await page.wait("document.getElementById('said').textContent.startsWith('The code')")
        await page.ask(fill(name="inge å", code=code, password=PASSWORD))
        await page.wait(f"location.pathname === '/' && typeof facts !== 'undefined' && {OPEN}")
        assert await page.ask("document.cookie") == ""  # no script reads the session
        await page.wait("document.getElementById('me').hidden && !document.getElementById('account').hidden")
        await page.ask("act('badges', 1, 'test')")
        await page.wait("document.getElementById('done').textContent.startsWith('Done')")
        await page.show(f"{base}/people?lang=en", 390, "document.querySelectorAll('#people li').length === 1", 844)
        await page.ask("document.getElementById('role').value = 'colleague'")
        await page.ask(fill(name="<b>Eva</b>"))
        await page.wait("document.querySelectorAll('#people li').length === 2")
        shown = await page.ask("document.getElementById('code').textContent")
        assert "<b>Eva</b>" in await page.ask("document.getElementById('people').textContent")
        await page.push("document.getElementById('out')")
        await page.wait("location.pathname === '/login'")
        await page.show(f"{base}/login?then=/%09/elsewhere.example/&lang=en", 390, SIGN, 844)
        await enters(page, "<b>eva</b>", shown.rsplit(" ", 1)[1])
        await page.wait(f"location.pathname === '/' && location.host === '127.0.0.1:{house.web}'")
        await page.show(f"{base}/people?lang=en", 390, "document.getElementById('add').hidden", 844)
        with store.engine.begin() as db:
            accounts.disable(db, 1, accounts.find(db, "<b>Eva</b>").id, "test")
        await page.show(f"{base}/?lang=en", 390, SIGN, 844)
    with store.engine.connect() as db:
        assert ("Inge Å",) in db.exec_driver_sql("SELECT DISTINCT who FROM acts").all()
    store.close()


def signed_up(house, name, role, device=None):
    """Make an account, and return the code with which its person chooses a password."""
    store = open_store(house.folder / "kald.sqlite")
    with store.engine.begin() as db:
        _, code = accounts.add(db, time.time_ns() // 1_000_000, name, role, "test", device)
    store.close()
    return code


async def test_a_link_in_a_message_leads_through_sign_in_to_its_alarm_and_later_to_its_record(people, tmp_path):
    house = people("Anna", "Bo")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    house["Bo"].alarm(codes.KIND_ASSIST)
    base, code = f"http://127.0.0.1:{house.web}", signed_up(house, "Inge", "manager")
    plan = {"address": base}
    texts = [notices.alarm(plan, {}, codes.KIND_ASSIST, 2, 2), notices.link(plan, "da", 2)]
    assert texts[0].endswith(texts[1])
    async with looking(tmp_path) as page:
        await page.show(texts[1], 390, SIGN, 500)
        await page.push(press("Jeg har en kode"))
        await page.ask(fill(name="Inge", code=code, password=PASSWORD))
        await page.wait("document.activeElement.id === 'alarm2name'")
        assert await page.ask("document.activeElement.textContent.includes('Bo')")
        top = "document.activeElement.getBoundingClientRect().top"
        await page.wait(f"{top} >= document.getElementById('top').offsetHeight - scrollY && {top} < innerHeight / 2")
        assert await page.ask("location.pathname + location.search") == "/"
        await page.ask("act('alarms', 2, 'close', {outcome: 'real'})")
        await page.show(texts[1], 390, "location.pathname === '/record/2' && document.readyState === 'complete'", 500)
        for nothing in ("x", "-1", "1/../../x", "%3Cb%3E"):
            await page.show(f"{base}/?alarm={nothing}", 390, f"{OPEN} && location.search === ''", 500)


@pytest.mark.parametrize("role", ["wearer", "technician", "colleague"])
async def test_a_board_shows_the_buttons_that_its_role_may_press_and_no_other(role, people, tmp_path):
    house = people("Anna", "Bo")
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    code = signed_up(house, "Anna", role, 1)
    async with looking(tmp_path) as page:
        await page.show(f"http://127.0.0.1:{house.web}/login?lang=en", 390, SIGN, 500)
        await enters(page, "Anna", code)
        await page.wait(f"{OPEN} && signed.role && document.querySelector('.alarm') !== null")
        await page.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        await page.wait("document.querySelector('.badge details[open] .act') !== null")
        shown = await page.ask("[...document.querySelectorAll('[data-do]')].map(node => node.dataset.do)")
        await page.ask("roleIsKnown = () => { document.title = 'drawn anew'; }")
        await page.ask("meet()")
        assert await page.ask("document.title") != "drawn anew", "what lies below a finger stays there"
    alarms, badges = permissions.ON_ALARMS[role], permissions.ON_BADGES[role]
    verbs = {word.split(" ")[2] for word in shown if word.startswith("alarms ")} | ({"close"} & {*shown})
    assert verbs == {"take", "arrived", "unneeded", "close"} & alarms, shown
    assert {word.split(" ")[2] for word in shown if word.startswith("badges ")} == {
        "visit", "pause", "on", "off", "practice", "test", "rekey", "revoke"} & badges - {"on"}, shown
    assert ("place" in shown) == ("visit" in badges)


async def test_no_link_leads_from_sign_in_to_another_host_or_to_what_is_no_page(people, tmp_path):
    house = people("Anna")
    signed_up(house, "Inge", "manager")
    own = f"http://127.0.0.1:{house.web}"
    async with looking(tmp_path) as page:
        await page.show(f"{own}/login", 390, SIGN, 500)
        for then in ("https://elsewhere.example", "//elsewhere.example/", "/\\elsewhere.example",
                     "\\\\elsewhere.example", "/\t/elsewhere.example", "javascript:alert(1)", "data:text/html,x",
                     "http://[", "blob:x", "http://127.0.0.1:1/", own.replace("//", "//x@") + ".example/",
                     "/api/session/end", "/x/../api/me"):
            assert await page.ask(f"landing({json.dumps(then)})") == "/", then
        assert {await page.ask("landing(null)"), await page.ask("landing('')")} == {f"{own}/"}
        assert await page.ask("landing('/?alarm=7&lang=en')") == f"{own}/?alarm=7&lang=en"


async def test_a_session_that_ends_leads_to_sign_in_and_never_says_that_the_gateway_is_lost(people, tmp_path):
    house = people("Anna")
    base, code = f"http://127.0.0.1:{house.web}", signed_up(house, "Inge", "colleague")
    async with looking(tmp_path) as page:
        await page.show(f"{base}/?lang=en", 800, SIGN, 600)
        await enters(page, "Inge", code)
        await page.wait(f"location.pathname === '/' && typeof facts !== 'undefined' && {OPEN}")
        await page.ask("changed.push(() => sessionStorage.setItem('lost', 'yes'))")
        store = open_store(house.folder / "kald.sqlite")
        with store.engine.begin() as db:
            accounts.leave(db, accounts.find(db, "Inge").id)
        store.close()
        await page.wait("location.pathname === '/login'")
        assert await page.ask("sessionStorage.getItem('lost')") is None
        assert "then=%2F" in await page.ask("location.search")


@pytest.mark.parametrize("lang", ["da", "en"])
async def test_sign_in_and_people_have_no_finding_of_any_grade(lang, people, axe, tmp_path):
    house = people("Anna")
    store = open_store(house.folder / "kald.sqlite")
    with store.engine.begin() as db:
        _, code = accounts.add(db, time.time_ns() // 1_000_000, "Inge", "administrator", "test")
    store.close()
    async with looking(tmp_path) as page:
        await page.do("Page.setBypassCSP", enabled=True)

        base = f"http://127.0.0.1:{house.web}"
        for scheme in ("light", "dark"):
            await page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await page.show(f"{base}/login?lang={lang}", 390, SIGN, 844)
            await faultless(page, axe, f"sign in, {scheme}")
        await page.push("document.getElementById('other')")
        await page.ask(fill(name="Inge", code=code, password=PASSWORD))
        await page.wait("location.pathname === '/'")
        for scheme in ("light", "dark"):
            await page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await page.show(f"{base}/people?lang={lang}", 390, "document.querySelectorAll('#people li').length", 844)
            await faultless(page, axe, f"people, {scheme}")
