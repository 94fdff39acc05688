"""Which file may be a floor's plan, and how does somebody stand on it? A PNG or an SVG, of a size that a page bears.

Of an SVG only drawn shapes and texts are kept, by a list of what is known: no script, no link, nothing from elsewhere,
no styles that could name an address. What declares entities is refused, since they can grow without end. A PNG is kept
as it is if its head is one and its picture is no larger than a screen wall.
"""

import base64
import re
import struct
from collections.abc import Iterable
from html import escape
from typing import Any
from xml.etree import ElementTree

from sqlalchemy import Connection, delete, insert, select

from tools.gateway.pages.place_words import Wrong
from tools.gateway.tables import FLOOR_PLANS

BYTES_MOST = 2_000_000
PIXELS_MOST = 8000  # along a side
ELEMENTS_MOST = 20_000
METRES_MOST = 1000
ROOM_M = 2.5  # nobody is found more exactly than in a room
PNG, SVG = "image/png", "image/svg+xml"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOVES = re.compile(r"(?:\s*(?:matrix|translate|scale|rotate|skewX|skewY)\s*\([-+.,0-9eE\s]*\)[\s,]*)*")
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


def cleaned(data: bytes) -> tuple[str, bytes]:
    """Return (media type, the file as it may be shown). Raises Wrong."""
    if len(data) > BYTES_MOST:
        raise Wrong("plan_large", most=BYTES_MOST // 1_000_000)
    if data.startswith(_SIGNATURE):
        if len(data) < 33 or data[12:16] != b"IHDR":
            raise Wrong("plan_cut")
        wide, high = struct.unpack(">II", data[16:24])
        if not (0 < wide <= PIXELS_MOST and 0 < high <= PIXELS_MOST):
            raise Wrong("plan_pixels", most=PIXELS_MOST, wide=wide, high=high)
        return PNG, data
    return SVG, _svg(data)


def _svg(data: bytes) -> bytes:
    try:
        text = _HEAD.sub("", data.decode())  # no other encoding, in which what is refused would look different
        if "<!" in text.replace("<!--", ""):  # a document type, and its entities
            raise Wrong("plan_kind")
        top = ElementTree.fromstring(text)
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise Wrong("plan_kind") from error
    if top.tag != f"{{{_SPACE}}}svg":
        raise Wrong("plan_kind")
    if sum(1 for _ in top.iter()) > ELEMENTS_MOST:
        raise Wrong("plan_shapes", most=ELEMENTS_MOST)
    ElementTree.register_namespace("", _SPACE)
    kept = _kept(top, 0)
    return ElementTree.tostring(kept, encoding="utf-8")


def _kept(element: ElementTree.Element, depth: int) -> ElementTree.Element:
    if depth > 100:
        raise Wrong("plan_deep")
    marks = {name: value for name, value in element.attrib.items() if name in _MARKS and (
        _MOVES.fullmatch(value) if name == "transform" else "(" not in value.replace("rgb(", ""))}
    fresh = ElementTree.Element(element.tag, marks)
    fresh.text, fresh.tail = element.text, element.tail
    for child in element:
        if isinstance(child.tag, str) and child.tag.removeprefix(f"{{{_SPACE}}}") in _SHAPES:
            fresh.append(_kept(child, depth + 1))
    return fresh


def put(db: Connection, floor: str, data: bytes, wide_m: float, high_m: float) -> None:
    """Keep the plan of a floor, which shows so many metres. Raises Wrong."""
    if not (0 < wide_m <= METRES_MOST and 0 < high_m <= METRES_MOST):
        raise Wrong("plan_size", most=METRES_MOST)
    kind, image = cleaned(data)
    db.execute(delete(FLOOR_PLANS).where(FLOOR_PLANS.c.floor == floor))
    db.execute(insert(FLOOR_PLANS).values(floor=floor, kind=kind, wide_m=wide_m, high_m=high_m, image=image))


def floors(db: Connection) -> set[str]:
    """Return the floors that have a plan."""
    return set(db.execute(select(FLOOR_PLANS.c.floor)).scalars())


def remove(db: Connection, floor: str) -> bool:
    """Take a floor's plan away; return False if it has none."""
    return bool(db.execute(delete(FLOOR_PLANS).where(FLOOR_PLANS.c.floor == floor)).rowcount)


def sizes(db: Connection) -> dict[str, tuple[float, float]]:
    """Return {floor: (how wide, how high it is, m)} of the floors that have a plan."""
    plan = FLOOR_PLANS.c
    return {row.floor: (row.wide_m, row.high_m) for row in db.execute(select(plan.floor, plan.wide_m, plan.high_m))}


def drawn(db: Connection, floor: str, title: str, dots: Iterable[tuple[float, float, float, str]]) -> str | None:
    """Return an SVG of a floor's plan with dots, each (x, y, radius of its ring or 0, name), in m; None without a plan.

    title: what it shows, for who cannot see it.
    """
    plan = db.execute(select(FLOOR_PLANS).where(FLOOR_PLANS.c.floor == floor)).first()
    if plan is None:
        return None
    unit = max(plan.wide_m, plan.high_m) / 100
    image = base64.b64encode(plan.image).decode()
    shapes = ""
    for x, y, ring, name in dots:
        at = f'cx="{x:.2f}" cy="{y:.2f}"'
        if ring:
            shapes += (f'<circle {at} r="{ring:.2f}" fill="#b00020" fill-opacity="0.15" stroke="#b00020" '
                       f'stroke-width="{unit / 2:.2f}"/>')
        shapes += f'<circle {at} r="{unit:.2f}" fill="#b00020"/>'
        if name:
            shapes += (f'<text x="{x + 1.5 * unit:.2f}" y="{y + unit:.2f}" font-size="{2.5 * unit:.2f}" stroke="#fff" '
                       f'stroke-width="{unit / 2:.2f}" paint-order="stroke">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plan.wide_m:g} {plan.high_m:g}">'
        f'<title>{escape(title)}</title>'
        f'<image width="{plan.wide_m:g}" height="{plan.high_m:g}" preserveAspectRatio="none" '
        f'href="data:{plan.kind};base64,{image}"/>{shapes}</svg>\n')


def shown(db: Connection, fact: dict[str, Any], lang: str) -> str | None:
    """Return an SVG of the plan with a dot and its ring, for a place that the board shows, or None without either."""
    if fact.get("x") is None:
        return None
    return drawn(db, fact["floor"], fact[lang], [(fact["x"], fact["y"], max(fact["ring"] or 0, ROOM_M), "")])
