"""Where in a text does the drawing stand? Between two marker comments; all else is left as it is."""

BEGIN = "<!-- kald draw: begin; written by `kald draw`, do not edit -->"
END = "<!-- kald draw: end -->"


class Unmarked(Exception):
    """The text has not exactly one pair of markers, in this order."""


def renewed(text: str, drawing: str) -> str:
    """Return `text` with `drawing` between its markers. Raises Unmarked."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise Unmarked("the markers of kald draw must stand in it once each, begin before end")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{drawing}\n{END}{rest.split(END)[1]}"
