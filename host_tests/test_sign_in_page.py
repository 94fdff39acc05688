"""Can people sign in, make accounts and act by their pages alone, in a real browser, and can everybody use them?"""

import time

import pytest

from page_rig import OPEN, look, people, press
from test_board_access import FOUND, SMALL, axe
from tools.gateway import accounts
from tools.gateway.store import open_store

__all__ = ["axe", "people"]
SIGN = "document.readyState === 'complete' && document.getElementById('sign') !== null"
PASSWORD = "en meget sikker hest"


def fill(**fields):
    """Return a script that types into the fields with these ids, and sends their form."""
    typed = "; ".join(f"document.getElementById({key!r}).value = {text!r}" for key, text in fields.items())
    return f"{typed}; document.querySelector('form').requestSubmit()"


def test_from_a_code_to_an_act_in_ones_own_name(people, tmp_path):
    house = people("Anna", "Bo")
    store = open_store(house.folder / "kald.sqlite")
    with store.engine.begin() as db:
        _, code = accounts.add(db, time.time_ns() // 1_000_000, "Inge Å", "administrator", "test")
    base = f"http://127.0.0.1:{house.web}"

    async def story(page):
        await page.show(f"{base}/?lang=en", 1366, SIGN, 768)
        await page.ask(press("I have a code") + ".click()")
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
        await page.ask("document.getElementById('out').click()")
        await page.wait("location.pathname === '/login'")
        await page.show(f"{base}/login?then=/%09/elsewhere.example/&lang=en", 390, SIGN, 844)
        await page.ask(press("I have a code") + ".click()")
        await page.ask(fill(name="<b>eva</b>", code=shown.rsplit(" ", 1)[1], password=PASSWORD))
        await page.wait(f"location.pathname === '/' && location.host === '127.0.0.1:{house.web}'")
        await page.show(f"{base}/people?lang=en", 390, "document.getElementById('add').hidden", 844)
        with store.engine.begin() as db:
            accounts.disable(db, 1, accounts.find(db, "<b>Eva</b>").id, "test")
        await page.show(f"{base}/?lang=en", 390, SIGN, 844)

    look(story, tmp_path)
    with store.engine.connect() as db:
        assert ("Inge Å",) in db.exec_driver_sql("SELECT DISTINCT who FROM acts").all()
    store.close()


@pytest.mark.parametrize("lang", ["da", "en"])
def test_sign_in_and_people_have_no_finding_of_any_grade(lang, people, axe, tmp_path):
    house = people("Anna")
    store = open_store(house.folder / "kald.sqlite")
    with store.engine.begin() as db:
        _, code = accounts.add(db, time.time_ns() // 1_000_000, "Inge", "administrator", "test")
    store.close()

    async def story(page):
        await page.do("Page.setBypassCSP", enabled=True)

        async def clean(what):
            await page.ask(axe)
            findings = [*await page.ask(FOUND), *[f"small: {one}" for one in await page.ask(SMALL)]]
            assert not findings, f"{what}:\n" + "\n".join(findings)

        base = f"http://127.0.0.1:{house.web}"
        for scheme in ("light", "dark"):
            await page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await page.show(f"{base}/login?lang={lang}", 390, SIGN, 844)
            await clean(f"sign in, {scheme}")
        await page.ask("document.getElementById('other').click()")
        await page.ask(fill(name="Inge", code=code, password=PASSWORD))
        await page.wait("location.pathname === '/'")
        for scheme in ("light", "dark"):
            await page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            await page.show(f"{base}/people?lang={lang}", 390, "document.querySelectorAll('#people li').length", 844)
            await clean(f"people, {scheme}")

    look(story, tmp_path)
