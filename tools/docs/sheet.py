"""Where do a line, a curve and a word go on a drawing (SVG) for a screen or a sheet of paper? By hand, in pixels."""

from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]  # x, y


class Sheet:
    """A white drawing, `width` wide; what is drawn later lies over what was drawn before. Colours as SVG has them."""

    def __init__(self, width: int, font: str = "monospace") -> None:
        self.width = width
        self._font = font
        self._shapes: list[str] = []

    def text(self, x: float, y: float, words: str, size_px: float = 12, colour: str = "#222", anchor: str = "start",
             more: str = "") -> None:
        """Write `words` on the base line y. anchor: start, middle or end. more: further attributes."""
        self._shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size_px}" fill="{colour}" '
                            f'text-anchor="{anchor}"{_more(more)}>{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = "#222", width: float = 1,
             dashes: str = "") -> None:
        """Draw a straight line. dashes: lengths of dash and gap, e.g. "5 4"; none for a whole line."""
        self._shapes.append(f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                            f'stroke-width="{width:g}"{_dashed(dashes)}/>')

    def box(self, x: float, y: float, width: float, height: float, fill: str = "none", stroke: str = "none",
            more: str = "") -> None:
        """Draw a rectangle."""
        self._shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
                            f'stroke="{stroke}"{_more(more)}/>')

    def curve(self, points: Points, colour: str = "#222", width: float = 1, dashes: str = "") -> None:
        """Draw a line through `points`."""
        self._shapes.append(f'<polyline points="{_joined(points)}" fill="none" stroke="{colour}" '
                            f'stroke-width="{width:g}"{_dashed(dashes)}/>')

    def area(self, points: Points, fill: str, stroke: str = "none") -> None:
        """Fill what `points` go round."""
        self._shapes.append(f'<polygon points="{_joined(points)}" fill="{fill}" stroke="{stroke}"/>')

    def svg(self, height: float) -> str:
        """Return all of it as SVG text, `height` high."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height:g}" '
                f'viewBox="0 0 {self.width} {height:g}" font-family="{escape(self._font)}">\n'
                '<rect width="100%" height="100%" fill="white"/>\n'
                + "\n".join(self._shapes) + "\n</svg>\n")


def _joined(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _dashed(dashes: str) -> str:
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _more(more: str) -> str:
    return f" {more}" if more else ""
