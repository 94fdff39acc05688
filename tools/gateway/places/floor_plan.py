"""Which file may be a floor's plan, and how does somebody stand on it? A PNG or an SVG, of a size that a page bears.

Of an SVG only drawn shapes and texts are kept, by a list of what is known: no script, no link, nothing from elsewhere,
no styles that could name an address. What declares entities is refused, since they can grow without end. A PNG is kept
as it is if its head is one and its picture is no larger than a screen wall.
"""

import base64
import re
import struct
from html import escape
from typing import Any
from xml.etree import ElementTree

from sqlalchemy import Connection, delete, insert, select

from tools.gateway.tables import FLOOR_PLANS

BYTES_MOST = 2_000_000
PIXELS_MOST = 8000  # along a side
ELEMENTS_MOST = 20_000
METRES_MOST = 1000
ROOM_M = 2.5  # nobody is found more exactly than in a room
PNG, SVG = "image/png", "image/svg+xml"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_SPACE = "http://www.w3.org/2000/svg"
_SHAPES = frozenset(("svg", "g", "path", "rect", "line", "polyline", "polygon", "circle", "ellipse", "text", "tspan",
                     "title", "desc"))
_MARKS = frozenset((
    "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "d", "points",
    "transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity",
    "fill-opacity", "stroke-opacity", "fill-rule", "font-size", "font-family", "font-weight", "text-anchor", "dx", "dy",
    "preserveAspectRatio",
))


class Wrong(ValueError):
    """A sentence that says why a file is no plan."""


def cleaned(data: bytes) -> tuple[str, bytes]:
    """Return (media type, the file as it may be shown). Raises Wrong."""
    if len(data) > BYTES_MOST:
        raise Wrong(f"a floor's plan has {BYTES_MOST // 1_000_000} MB at most, and this has more")
    if data.startswith(_SIGNATURE):
        if len(data) < 33 or data[12:16] != b"IHDR":
            raise Wrong("that PNG is cut short")
        wide, high = struct.unpack(">II", data[16:24])
        if not (0 < wide <= PIXELS_MOST and 0 < high <= PIXELS_MOST):
            raise Wrong(f"a floor's plan has {PIXELS_MOST} pixels along a side at most, this {wide} by {high}")
        return PNG, data
    return SVG, _svg(data)


def _svg(data: bytes) -> bytes:
    try:
        text = _HEAD.sub("", data.decode())  # no other encoding, in which what is refused would look different
        if "<!" in text.replace("<!--", ""):  # a document type, and its entities
            raise Wrong("a floor's plan is a PNG, or an SVG without a document type")
        top = ElementTree.fromstring(text)
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise Wrong("a floor's plan is a PNG or an SVG") from error
    if top.tag != f"{{{_SPACE}}}svg":
        raise Wrong("a floor's plan is a PNG or an SVG")
    if sum(1 for _ in top.iter()) > ELEMENTS_MOST:
        raise Wrong(f"a floor's plan has {ELEMENTS_MOST} shapes at most")
    ElementTree.register_namespace("", _SPACE)
    kept = _kept(top, 0)
    return ElementTree.tostring(kept, encoding="utf-8")


def _kept(element: ElementTree.Element, depth: int) -> ElementTree.Element:
    if depth > 100:
        raise Wrong("the shapes of a floor's plan lie within each other more than a hundred deep")
    marks = {name: value for name, value in element.attrib.items()
             if name in _MARKS and "(" not in value.replace("rgb(", "") or name == "transform"}
    fresh = ElementTree.Element(element.tag, marks)
    fresh.text, fresh.tail = element.text, element.tail
    for child in element:
        if isinstance(child.tag, str) and child.tag.removeprefix(f"{{{_SPACE}}}") in _SHAPES:
            fresh.append(_kept(child, depth + 1))
    return fresh


def put(db: Connection, floor: str, data: bytes, wide_m: float, high_m: float) -> None:
    """Keep the plan of a floor, which shows so many metres. Raises Wrong."""
    if not (0 < wide_m <= METRES_MOST and 0 < high_m <= METRES_MOST):
        raise Wrong(f"a floor's plan shows more than 0 and at most {METRES_MOST} m")
    kind, image = cleaned(data)
    db.execute(delete(FLOOR_PLANS).where(FLOOR_PLANS.c.floor == floor))
    db.execute(insert(FLOOR_PLANS).values(floor=floor, kind=kind, wide_m=wide_m, high_m=high_m, image=image))


def floors(db: Connection) -> set[str]:
    """Return the floors that have a plan."""
    return set(db.execute(select(FLOOR_PLANS.c.floor)).scalars())


def shown(db: Connection, fact: dict[str, Any], lang: str) -> str | None:
    """Return an SVG of the plan with a dot and its ring, for a place that the board shows, or None without either."""
    if fact.get("x") is None:
        return None
    plan = db.execute(select(FLOOR_PLANS).where(FLOOR_PLANS.c.floor == fact["floor"])).first()
    if plan is None:
        return None
    unit = max(plan.wide_m, plan.high_m) / 100
    ring = max(fact["ring"] or 0, ROOM_M)
    image = base64.b64encode(plan.image).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plan.wide_m:g} {plan.high_m:g}">'
        f'<title>{escape(fact[lang])}</title>'
        f'<image width="{plan.wide_m:g}" height="{plan.high_m:g}" preserveAspectRatio="none" '
        f'href="data:{plan.kind};base64,{image}"/>'
        f'<circle cx="{fact["x"]:.2f}" cy="{fact["y"]:.2f}" r="{ring:.2f}" fill="#b00020" fill-opacity="0.15" '
        f'stroke="#b00020" stroke-width="{unit / 2:.2f}"/>'
        f'<circle cx="{fact["x"]:.2f}" cy="{fact["y"]:.2f}" r="{unit:.2f}" fill="#b00020"/></svg>\n')
