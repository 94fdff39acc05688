"""How does the alarm table look to a person? A small diagram, and a table of events by states, as Markdown.

Both are made from the rows alone. Events that do the same in every state share a line; an event that leads to one state
from everywhere is said once and left out of the diagram, where it would hide the rest.
"""

from collections.abc import Iterable

from tools.docs.rows import Row
from tools.docs.table_words import events, orders, said, states

IGNORED = "·"

Arrow = tuple[int, int]  # next state, order


class Drawing:
    """The drawing of `rows`: (state, event, next state, order) each. Raises Unnamed for what has no words."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._arrows = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        self._states = sorted({row[0] for row in rows} | {row[2] for row in rows})
        self._events = sorted({row[1] for row in rows})
        self._used = {row[3] for row in rows}
        names, marks = states(), orders()
        self._word = {state: said(names, state, "state")[0] for state in self._states}
        self._sentence = {state: said(names, state, "state")[1] for state in self._states}
        self._called = {event: said(events(), event, "event") for event in self._events}
        self._mark = {order: said(marks, order, "order") for order in self._used}

    def _goes(self, event: int) -> list[Arrow | None]:
        return [self._arrows.get((state, event)) for state in self._states]

    def everywhere(self) -> dict[int, int]:
        """Return {event: state} of the events that lead from every state to one and the same."""
        found = {}
        for event in self._events:
            ends = {arrow and arrow[0] for arrow in self._goes(event)}
            end = ends.pop() if len(ends) == 1 else None
            if end is not None:
                found[event] = end
        return found

    def diagram(self) -> list[str]:
        """Return the mermaid lines of the arrows between two different states, one line for each pair."""
        left_out = self.everywhere()
        labels: dict[tuple[int, int], list[str]] = {}
        for (state, event), (after, _) in sorted(self._arrows.items()):
            if state != after and event not in left_out:
                labels.setdefault((state, after), []).append(self._called[event])
        lines = ["stateDiagram-v2", "    direction LR"]
        lines += [f"    {self._word[a]} --> {self._word[b]}: {' / '.join(names)}" for (a, b), names in labels.items()]
        return lines

    def cell(self, state: int, event: int) -> str:
        """Return what stands where `state` and `event` meet."""
        arrow = self._arrows.get((state, event))
        if arrow is None:
            return IGNORED
        after, order = arrow
        mark = self._mark[order][0]
        word = "stays" if after == state and not mark else self._word[after]
        return f"{word}, {mark}" if mark else word

    def table(self) -> list[str]:
        """Return the Markdown lines of the table: events down, states across."""
        alike: dict[tuple[Arrow | None, ...], list[int]] = {}
        for event in self._events:
            alike.setdefault(tuple(self._goes(event)), []).append(event)
        lines = ["| | " + " | ".join(self._word[state] for state in self._states) + " |"]
        lines.append("|---" * (len(self._states) + 1) + "|")
        for same in alike.values():
            cells = [self.cell(state, same[0]) for state in self._states]
            lines.append(f"| {' / '.join(self._called[event] for event in same)} | " + " | ".join(cells) + " |")
        return lines

    def markdown(self) -> str:
        """Return the whole drawing as Markdown text, without the markers around it."""
        always: dict[int, list[str]] = {}
        for event, state in self.everywhere().items():
            always.setdefault(state, []).append(self._called[event])
        lines = ["```mermaid", *self.diagram(), "```", ""]
        lines += [f"From every state, **{'** and **'.join(names)}** lead to *{self._word[state]}*."
                  for state, names in always.items()]
        lines += ["", *self.table(), ""]
        lines += [f"* *{self._word[state]}*: the wearer is {self._sentence[state]}" for state in self._states]
        lines += [f"* *…, {mark}*: {text}" for mark, text in self._marks()]
        lines.append(f"* *stays*: it goes on, for another time; {IGNORED} : ignored, on purpose")
        return "\n".join(lines)

    def _marks(self) -> list[tuple[str, str]]:
        return [self._mark[order] for order in sorted(self._used) if self._mark[order][0]]
