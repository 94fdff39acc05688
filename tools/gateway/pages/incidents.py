"""How does the list look of what is left to do after alarms? What is due first stands first."""

from collections.abc import Iterable
from datetime import tzinfo
from html import escape

from tools.gateway.incidents import Case
from tools.gateway.pages.sheet import Words, day, head
from tools.gateway.pages.words import WORDS


def page(open_ones: Iterable[Case], done: Iterable[Case], lang: str, now_ms: int, zone: tzinfo | None = None) -> str:
    """Return the page of what is left, and of what was done lately."""
    words = WORDS[lang]
    found = head(lang, words["incidents"]) + f"<h2>{escape(words['left_list'])}</h2>"
    left = [_row(case, words, lang, now_ms, zone) for case in open_ones]
    found += _table(left, words, "next_due") if left else f"<p>{escape(words['none_left'])}</p>"
    over = [_row(case, words, lang, now_ms, zone) for case in done]
    if over:
        found += f"<h2>{escape(words['done_list'])}</h2>" + _table(over, words, "followed_at")
    return found + "</main></body></html>\n"


def _table(rows: Iterable[str], words: Words, last: str) -> str:
    heads = "".join(f'<th scope="col">{escape(words[key])}</th>'
                    for key in ("alarm", "since", "owner", "ticked", last))
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _row(case: Case, words: Words, lang: str, now_ms: int, zone: tzinfo | None) -> str:
    title = f"{case.alarm}: {case.name}, {words[f'kind_{case.kind}']}"
    until = day(case.due_ms and case.due_ms - 1, zone) or "–"
    late = case.followed_ms is None and case.due_ms is not None and case.due_ms < now_ms
    if case.followed_ms is not None:
        until = day(case.followed_ms, zone)
    mark = f" <strong>{escape(words['overdue'])}</strong>" if late else ""
    cells = (day(case.since_ms, zone), case.owner or words["no_owner"], f"{case.ticked} / {case.items}")
    return (f'<tr><td><a href="/record/{case.alarm}?lang={lang}">{escape(title)}</a></td>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + f"<td>{until}{mark}</td></tr>")
