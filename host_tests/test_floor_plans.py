"""Is a floor's plan shown as it was drawn, with who calls on it, and is nothing else of an uploaded file kept?"""

import struct
from xml.etree import ElementTree

import pytest
from gateway_rig import Rig
from hypothesis import given
from hypothesis import strategies as st
from test_sightings import learn, sight

from firmware import codes
from tools.cli import place as command
from tools.gateway import records
from tools.gateway.pages import paper
from tools.gateway.people import OUTCOMES
from tools.gateway.places import floor_plan


def png(wide=400, high=200):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", wide, high) + bytes(9)


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20"'
HOSTILE = (
    '<script>alert(1)</script>', '<rect width="1" height="1" onload="alert(1)"/>', '<style>*{fill:url(//evil)}</style>',
    '<image href="http://evil/x.png"/>', '<a xlink:href="javascript:alert(1)"><text>x</text></a>',
    '<rect fill="url(http://evil/#a)" width="1"/>',
    '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
    '<use xlink:href="http://evil/#a"/>', '<set attributeName="href" to="javascript:alert(1)"/>',
    '<g onclick="alert(1)"><script/></g>', '<rect style="background:url(//evil)" width="1"/>',
)


@pytest.mark.parametrize("part", HOSTILE)
def test_of_an_svg_only_what_is_drawn_is_kept(part):
    kind, image = floor_plan.cleaned(f'{HEAD} onload="alert(1)"><path d="M0 0H40V20z"/>{part}</svg>'.encode())
    text = image.decode()
    assert kind == floor_plan.SVG and "M0 0H40V20z" in text
    hostile = ("script", "alert", "evil", "onload", "onclick", "href=", "style", "foreign")
    assert not any(word in text for word in hostile)


@pytest.mark.parametrize("data", [
    b"", b"GIF89a", bytes(50_000_000), b"<svg/>", png(9000, 10), png(0, 10), png()[:20], b"<svg" + b"\xff" * 9,
    f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}>&a;</svg>'.encode(),
    f'{HEAD}>{"<g>" * 200}{"</g>" * 200}</svg>'.encode(), f'{HEAD}>{"<g/>" * 20_001}</svg>'.encode(),
    f"{HEAD}/>".encode("utf-16"), f'<?xml version="1.0" encoding="cp037"?>{HEAD}/>'.encode("cp037"),
], ids=range(13))
def test_what_is_no_plan_or_too_much_is_refused_in_a_sentence(data):
    with pytest.raises(floor_plan.Wrong):
        floor_plan.cleaned(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_plan_or_refused(data):
    try:
        floor_plan.cleaned(data)
    except floor_plan.Wrong:
        pass


def test_a_place_stands_on_its_floors_plan_with_a_ring(tmp_path, capsys):
    rig = Rig(tmp_path / "kald.sqlite", "anna")
    learn(rig.store)
    path = tmp_path / "plan.svg"
    path.write_text(f'{HEAD}><path d="M0 0H40V20z"/></svg>')
    words = ["plan", "2", "--file", str(path), "--size", "40", "20", "--data", str(tmp_path)]
    assert command.main(words) == 0
    rig["anna"].alarm(codes.KIND_EMERGENCY)
    sight(rig, 1)
    assert rig.alarm()["place"]["plan"] is False, "the place has no point"
    for name, x in (("Room 11", "3"), ("Room 12", "30")):
        assert command.main(["add", name, "--floor", "2", "--at", x, "10", "--data", str(tmp_path)]) == 0
    sight(rig, 1)
    told = rig.alarm()["place"]
    assert told["plan"] is True and 0 < told["x"] < 15 and told["y"] == 10
    with rig.store.engine.connect() as db:
        drawn = floor_plan.shown(db, told, "da")
        page = paper.record(records.read(db, rig.alarm()["id"]), "da", OUTCOMES)
    ElementTree.fromstring(drawn)
    assert drawn.count("<circle") == 2 and f'src="/where/{rig.alarm()["id"]}.svg' in page
    path.write_bytes(bytes(3_000_000))
    assert command.main(words) == 2 and capsys.readouterr().err.startswith("kald: ")
