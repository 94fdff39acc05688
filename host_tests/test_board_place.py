"""Does the office see where somebody is, as large as anything, and on the floor's plan? In a real browser."""

from page_rig import OPEN, act, looking, people, press
from test_floor_plans import HEAD
from test_sightings import HERE, learn, writer

from firmware import codes
from tools.gateway.places import floor_plan, learning
from tools.gateway.store import open_store

__all__ = ["people"]
PLAN = f'{HEAD} width="40" height="20"><rect x="1" y="1" width="38" height="18" fill="none" stroke="#333"/></svg>'


async def test_a_room_its_age_the_way_in_and_the_plan_are_seen(people, tmp_path):
    house = people("Anna", "Bo")
    store = open_store(house.folder / "kald.sqlite")
    learn(store)
    with store.engine.begin() as db:
        for name, x in (("Room 11", 8), ("Room 12", 30)):
            learning.add(db, name, "2", "", "by the back stairs", (x, 10))
        floor_plan.put(db, "2", PLAN.encode(), 40, 20)
    store.close()
    house["Anna"].alarm(codes.KIND_EMERGENCY)
    async with looking(tmp_path) as window:
        page = f"http://127.0.0.1:{house.web}/?lang=en"
        await window.show(page, 900, "document.querySelector('.where') !== null")
        assert "Place unknown" in await window.ask("document.querySelector('.where').textContent")
        house["Anna"].send(writer, HERE[1])
        await window.wait("document.querySelector('.where').textContent.startsWith('Room 11, 2nd floor')")
        assert "now" in await window.ask("document.querySelector('.where').textContent"), "its age stands beside it"
        assert "by the back stairs" in await window.ask("document.querySelector('#alarms').textContent")
        await window.wait("(i => i && i.complete && i.naturalWidth > 0)(document.querySelector('img.floor'))")
        assert await window.ask("document.querySelector('img.floor').alt") == "Room 11, 2nd floor"
        await window.shot(tmp_path / "place.png", 900)


async def test_a_place_that_is_typed_for_a_visit_is_seen_only_when_an_alarm_comes_of_it(people, tmp_path):
    house = people("Anna", "Bo")
    bo = "document.querySelector('[data-key=\"badges 2\"]')"
    async with looking(tmp_path) as window:
        await window.show(f"http://127.0.0.1:{house.web}/?lang=da", 900, f"{OPEN} && {bo} !== null")
        await window.ask("keep('Office')")
        await window.push(f"{bo}.querySelector('summary')")
        await window.wait(f"{bo}.querySelector('input') !== null")
        await window.ask(f"{bo}.querySelector('input').focus()")
        await window.do("Input.insertText", text="Villa")
        house["Bo"].beat()
        await window.wait(f"{bo}.querySelector('input').value === 'Villa'")
        await act(window, press("Besøg: gul", bo), f"{bo}.textContent.includes('besøg: gult')")
        assert "Villa" not in await window.ask("document.body.textContent")
        house["Bo"].alarm(codes.KIND_ASSIST)
        await window.wait("document.querySelector('.where')?.textContent.startsWith('sagt: Villa')")
