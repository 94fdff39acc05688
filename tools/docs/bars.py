"""How is a pattern, or a gesture, drawn to scale? As bars: as wide as the motor runs, or the button is down."""

from collections.abc import Sequence

MM_PER_S = 12
_HEIGHT_MM = 2.6
LONG_MS = 250  # as long or longer is said to be long to those who hear the card read


def width_mm(spans: Sequence[int]) -> float:
    """Return the width of a drawing of `spans` (ms on, off, on ... on)."""
    return sum(spans) * MM_PER_S / 1000


def bars(spans: Sequence[int], kind: str, short: str, long: str) -> str:
    """Return an SVG of `spans` (ms on, off, on ... on). kind: its class; short, long: words for a bar when read out."""
    at, shapes = 0, []
    for i, span in enumerate(spans):
        if i % 2 == 0:
            shapes.append(f'<rect x="{at}" width="{span}" height="{_HEIGHT_MM * 1000 / MM_PER_S:.0f}" rx="30"/>')
        at += span
    said = ", ".join(long if span >= LONG_MS else short for span in spans[::2])
    box = f'viewBox="0 0 {at} {_HEIGHT_MM * 1000 / MM_PER_S:.0f}"'
    size = f'width="{width_mm(spans):.2f}mm" height="{_HEIGHT_MM}mm"'
    return f'<svg class="{kind}" role="img" aria-label="{said}" {size} {box}>{"".join(shapes)}</svg>'
