"""Is a floor's plan shown as it was drawn, with who calls on it, and is nothing else of an uploaded file kept?"""

import gzip
import itertools
import re
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
from tools.gateway.places import floor_plan


def png(wide=400, high=200):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", wide, high) + bytes(9)


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20"'
NAMES = tuple(
    "script SCRIPT style foreignObject image use a set animate animateMotion handler listener iframe embed object "
    "video audio link meta base feImage filter pattern mask clipPath marker symbol defs switch cursor font-face-uri "
    "mpath discard view g path text title desc svg rect".split())
SPACES = ("", *(f' xmlns="{one}"' for one in (
    "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML", "evil:x")))
MARKS = tuple(
    "onload onclick onbegin onerror ONLOAD onfocusin href xlink:href src style class fill stroke filter mask clip-path "
    "marker-end cursor transform from to values attributeName begin xml:base xlink:actuate requiredExtensions "
    "font-family d points x width viewBox id color-profile data srcdoc formaction ping".split())
VALUES = ("alert(1)", "javascript:alert(1)", "java&#10;script:alert(1)", "http://evil/x", "//evil/x", "url(//evil)",
          "URL( 'http://evil' )", "u\\72l(//evil)", "rgb(url(//evil))", "translate(1) url(//evil)", "#a", "url(#a)",
          "data:text/html,evil", "data:image/svg+xml;base64,ZXZpbA==", "expression(alert(1))", "@import '//evil'",
          "&lt;script&gt;alert(1)&lt;/script&gt;", "rgb(1, 2, 3)", "translate(1, 2) rotate(-3.5e1)", "M0 0H40", "1")
KEPT_VALUE = re.compile(r"[^()]*|rgb\([^()]*\)|(?:(?:matrix|translate|scale|rotate|skew[XY])\([-+0-9eE., ]*\)[, ]*)*")


@pytest.mark.parametrize("space", SPACES)
def test_of_an_svg_only_what_is_drawn_is_kept(space):
    marked = "".join(f'<rect {mark}="{value}"/>' for mark in MARKS for value in VALUES)
    deeper = f"<g{space}><script{space}/><rect/></g>"
    named = "".join(f'<{name}{space} href="//evil" onload="alert(1)">{inner}<?xml-stylesheet href="//evil"?>'
                    f"<!-- evil --></{name}>" for name in NAMES for inner in ("alert(1)", deeper))
    kind, image = floor_plan.cleaned(
        f'<?xml-stylesheet href="//evil"?>{HEAD} onload="alert(1)" xml:base="//evil"><path d="M0 0H40V20z"/>'
        f"{marked}{named}</svg>".encode())
    assert kind == floor_plan.SVG and b"M0 0H40V20z" in image and not re.search(rb"<[?!]", image)
    kept = list(ElementTree.fromstring(image).iter())
    shapes = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in kept}
    assert shapes <= {"g", "path", "text", "title", "desc", "svg", "rect"}
    marks = {one for element in kept for one in element.attrib.items()}
    assert {("fill", "rgb(1, 2, 3)"), ("transform", "translate(1, 2) rotate(-3.5e1)"), ("d", "M0 0H40")} < marks
    assert [one for one in marks if re.match("on|href|style|src|{", one[0], re.I)
            or not KEPT_VALUE.fullmatch(one[1])] == []


ENTITIES = "".join(f'<!ENTITY {b} "&{a};&{a};">' for a, b in zip("abcdefgh", "bcdefghi"))
OTHERS = (  # JPEG, GIF, WebP, BMP, TIFF, icon, AVIF, PDF, zip, pages
    b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"GIF89a", b"RIFF\x24\0\0\0WEBPVP8 ", b"BM\x46\0\0\0", b"II*\0\x08\0\0\0",
    b"\0\0\1\0\1\0", b"\0\0\0 ftypavif", b"%PDF-1.7", b"PK\3\4", gzip.compress(f"{HEAD}/>".encode()),
    b"<!DOCTYPE html><svg/>", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", b"", b"<svg/>", b"<svg" + b"\xff" * 9,
)
BAD = (
    png(9000, 10), png(0, 10), png()[:20], png()[:8] + b"<svg>" + bytes(40),
    f"{HEAD}/>".encode("utf-16"), f'<?xml version="1.0" encoding="cp037"?>{HEAD}/>'.encode("cp037"),
    *(text.encode() for text in (
        f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}>&a;</svg>', f"{HEAD}>&evil;</svg>",
        f'<!DOCTYPE svg SYSTEM "http://evil/x.dtd">{HEAD}/>', f"{HEAD}><![CDATA[<script/>]]></svg>",
        f'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD}>&a;</svg>',
        f'<!DOCTYPE svg [<!ENTITY a "aa">{ENTITIES}]>{HEAD}>&i;</svg>',
        f'{HEAD}>{"<g>" * 200}{"</g>" * 200}</svg>', f'{HEAD}>{"<g/>" * 20_001}</svg>')),
)


@pytest.mark.parametrize("data", [*OTHERS, *BAD], ids=itertools.count())
def test_what_is_no_plan_or_too_much_is_refused_in_a_sentence(data):
    with pytest.raises(floor_plan.Wrong):
        floor_plan.cleaned(data)


@pytest.mark.parametrize("head", [b"", png(), f"{HEAD}/>".encode()], ids=["nothing", "png", "svg"])
def test_a_plan_of_fifty_megabytes_is_refused_before_it_is_read(head):
    with pytest.raises(floor_plan.Wrong) as refusal:
        floor_plan.cleaned(head + bytes(50_000_000))
    assert refusal.value.key == "plan_large"


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
        page = paper.record(records.read(db, rig.alarm()["id"]), "da")
    ElementTree.fromstring(drawn)
    assert drawn.count("<circle") == 2 and f'src="/where/{rig.alarm()["id"]}.svg' in page
    path.write_bytes(bytes(3_000_000))
    assert command.main(words) == 2 and capsys.readouterr().err.startswith("kald: ")
