"""Where do a line, a curve and a word go on a drawing (SVG) for a screen or a sheet of paper? By hand, in pixels."""

from html import escape


class Sheet:
    """A white drawing, `width` wide; what is drawn later lies over what was drawn before. Colours as SVG has them."""

    def __init__(self, width, font="monospace"):
        self.width = width
        self._font = font
        self._shapes = []

    def text(self, x, y, words, size_px=12, colour="#222", anchor="start", more=""):
        """Write `words` on the base line y. anchor: start, middle or end. more: further attributes."""
        self._shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size_px}" fill="{colour}" '
                            f'text-anchor="{anchor}"{_more(more)}>{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, colour="#222", width=1, dashes=""):
        """Draw a straight line. dashes: lengths of dash and gap, e.g. "5 4"; none for a whole line."""
        self._shapes.append(f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                            f'stroke-width="{width:g}"{_dashed(dashes)}/>')

    def box(self, x, y, width, height, fill="none", stroke="none", more=""):
        """Draw a rectangle."""
        self._shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
                            f'stroke="{stroke}"{_more(more)}/>')

    def curve(self, points, colour="#222", width=1, dashes=""):
        """Draw a line through `points` [(x, y)]."""
        self._shapes.append(f'<polyline points="{_joined(points)}" fill="none" stroke="{colour}" '
                            f'stroke-width="{width:g}"{_dashed(dashes)}/>')

    def area(self, points, fill, stroke="none"):
        """Fill what `points` [(x, y)] go round."""
        self._shapes.append(f'<polygon points="{_joined(points)}" fill="{fill}" stroke="{stroke}"/>')

    def svg(self, height):
        """Return all of it as SVG text, `height` high."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height:g}" '
                f'viewBox="0 0 {self.width} {height:g}" font-family="{escape(self._font)}">\n'
                '<rect width="100%" height="100%" fill="white"/>\n'
                + "\n".join(self._shapes) + "\n</svg>\n")


def _joined(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _dashed(dashes):
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _more(more):
    return f" {more}" if more else ""
