"""How do the figures of a month and of a year look, as a page and as a spreadsheet? Charts are made here, as SVG.

A chart says nothing that the tables beneath it do not say: it is for who sees, they are for everybody.
"""

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil

from tools.gateway.pages.sheet import Words, head, kind_name, table
from tools.gateway.pages.words import WORDS
from tools.gateway.places import wording
from tools.gateway.records import sheet
from tools.gateway.report import Month, Year

_HIGH, _WIDE, _LEFT, _FOOT = 120, 560, 10, 25  # of a chart, px
_LETTER, _ROW = 8, 15  # of what stands beneath it, px: a letter is no wider
Rows = list[tuple[str, str]]


def _number(value: float | None, words: Words) -> str:
    return "" if value is None else f"{value:.1f}".replace(".", words["comma"])


def _count(value: int | None) -> str:
    return "" if value is None else str(value)


def _seconds(value: float | None, words: Words) -> str:
    return "" if value is None else f"{_number(value, words)} s"


def _sections(figures: Month, words: Words, lang: str) -> list[tuple[str, Rows]]:
    """Return [(heading, [(what, figure)])]."""
    by_kind = [(kind_name(kind, words), str(count)) for kind, count in figures["by_kind"].items()]
    said = (("verified", figures["verified"]), ("falses", figures["false"]), ("tests_said", figures["tests_said"]),
            ("not_said", figures["not_said"]), ("cancelled_asks", figures["cancelled_questions"]))
    times = [(f"{words[key]}, {words[part]}", _seconds(some[part], words))
             for key, some in (("to_taken", figures["to_taken_s"]), ("to_there", figures["to_there_s"]))
             for part in ("median", "p95")]
    late = [(wording.say(wording.Finding(**one["where"]), lang), str(one["count"])) for one in figures["late"]]
    tests = figures["tests"]
    return [
        (words["by_kind"], [*by_kind, (words["total"], str(figures["alarms"]))]),
        (words["outcome"], [(words[key], str(count)) for key, count in said]),
        (words["times"], [*times, (words["untaken"], str(figures["untaken"]))]),
        (words["late_places"], late or [(words["nobody"], "0")]),
        (words["tests"], [(words[f"tests_{key}"], _count(tests[key])) for key in ("done", "partial", "missed")]),
        (words["on_duty"], [(words["alone_h"], _number(figures["alone_h"], words)),
                            (words["practised"], ", ".join(figures["practised"]) or words["nobody"])]),
    ]


def _beside(month: str, by: int) -> str:
    year, number = int(month[:4]), int(month[5:]) - 1 + by
    return f"{year + number // 12}-{number % 12 + 1:02}"


def month(figures: Month, lang: str) -> str:
    """Return the page of a month's figures (tools.gateway.report.month)."""
    words, text = WORDS[lang], figures["month"]
    page = head(lang, f"{words['month']}: {text}")
    links = [(f"/month/{_beside(text, by)}?lang={lang}", _beside(text, by)) for by in (-1, 1)]
    links += [(f"/year/{text[:4]}?lang={lang}", text[:4]), (f"/month/{text}.csv?lang={lang}", words["as_csv"]),
              (f"/month/{text}-alarms.csv?lang={lang}", words["alarms_csv"])]
    page += _links(links, words)
    bars = [(kind_name(kind, words), [count]) for kind, count in figures["by_kind"].items() if count]
    page += chart(words["by_kind"], bars, [words["alarms"]]) if bars else ""
    for heading, rows in _sections(figures, words, lang):
        page += f"<h2>{escape(heading)}</h2>" + table(rows)
    return page + "</main></body></html>\n"


def year(figures: Year, lang: str) -> str:
    """Return the page of a year's figures: a row a month."""
    words, text = WORDS[lang], figures["year"]
    page = head(lang, f"{words['year']}: {text}")
    links = [(f"/year/{int(text) + by}?lang={lang}", str(int(text) + by)) for by in (-1, 1)]
    page += _links([*links, (f"/year/{text}.csv?lang={lang}", words["as_csv"])], words)
    names, months = [one["month"][5:] for one in figures["months"]], figures["months"]
    outcomes = [words[key] for key in ("verified", "falses", "rest")]
    page += chart(words["alarms"], [
        (name, [one["verified"], one["false"], one["alarms"] - one["verified"] - one["false"]])
        for name, one in zip(names, months)], outcomes)
    page += chart(f"{words['to_taken']}, {words['median']} ({words['seconds']})", [
        (name, [round(one["to_taken_s"]["median"] or 0)]) for name, one in zip(names, months)], [words["median"]])
    missed = [(name, [one["tests"]["missed"] or 0]) for name, one in zip(names, months)]
    page += chart(f"{words['tests']}: {words['tests_missed']}", missed, [words["tests_missed"]])
    heads, rows = _year_rows(figures, words)
    linked = table(rows, heads)
    for one in months:
        linked = linked.replace(f"<td>{one['month']}</td>",
                                f'<td><a href="/month/{one["month"]}?lang={lang}">{one["month"]}</a></td>', 1)
    return page + (f'<div class="wide" tabindex="0" role="region" aria-label="{escape(words["year"])}">{linked}</div>'
                   "</main></body></html>\n")


def _year_rows(figures: Year, words: Words) -> tuple[list[str], list[list[str]]]:
    heads = [words[key] for key in ("month_one", "alarms", "verified", "falses")]
    heads += [f"{words['tests']}: {words[key]}" for key in ("tests_done", "tests_missed")]
    heads += [words["untaken"], f"{words['to_taken']}, {words['median']} (s)",
             f"{words['to_there']}, {words['median']} (s)", words["alone_h"], words["late_calls"]]
    return heads, [[
        one["month"], str(one["alarms"]), str(one["verified"]), str(one["false"]), _count(one["tests"]["done"]),
        _count(one["tests"]["missed"]), str(one["untaken"]), _number(one["to_taken_s"]["median"], words),
        _number(one["to_there_s"]["median"], words), _number(one["alone_h"], words),
        str(sum(place["count"] for place in one["late"]))] for one in figures["months"]]


def _links(links: Iterable[tuple[str, str]], words: Words) -> str:
    some = " ".join(f'<a href="{escape(where)}">{escape(text)}</a>' for where, text in links)
    return f'<nav class="beside" aria-label="{escape(words["other_times"])}">{some}</nav>'


def month_csv(figures: Month, lang: str) -> str:
    """Return a month's figures for a spreadsheet: heading, what, figure; with semicolons, and the reader's comma."""
    return sheet(((heading, what, figure.removesuffix(" s")) for heading, rows in
                  _sections(figures, WORDS[lang], lang) for what, figure in rows), ";")


def year_csv(figures: Year, lang: str) -> str:
    """Return a year's figures for a spreadsheet: a row a month."""
    heads, rows = _year_rows(figures, WORDS[lang])
    return sheet([heads, *rows], ";")


def chart(title: str, bars: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str]) -> str:
    """Return a picture of bars, each of as many parts as `parts` names, from the ground up; the sum stands above."""
    most = max([sum(values) for _, values in bars] + [1])
    width = (_WIDE - 2 * _LEFT) / len(bars)
    rows = max(1, ceil(max(len(name) for name, _ in bars) * _LETTER / width))  # no name lies over its neighbour's
    drawn = ""
    for place, (name, values) in enumerate(bars):
        x, y = _LEFT + place * width, 20.0 + _HIGH
        for part, value in enumerate(values):
            high = value * _HIGH / most
            y -= high
            drawn += f'<rect class="part{part}" x="{x + width * 0.15:.1f}" y="{y:.1f}" ' \
                     f'width="{width * 0.7:.1f}" height="{high:.1f}"/>'
        middle = x + width / 2
        drawn += (f'<text x="{middle:.1f}" y="{y - 5:.1f}">{sum(values) or ""}</text>'
                  f'<text x="{middle:.1f}" y="{20 + _HIGH + _ROW * (1 + place % rows)}">{escape(name)}</text>')
    told = "; ".join(f"{name}: {', '.join(f'{part} {value}' for part, value in zip(parts, values))}"
                     for name, values in bars)
    key = "" if len(parts) < 2 else "".join(
        f'<span class="key"><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="part{number}" width="10" '
        f'height="10"/></svg> {escape(part)}</span> ' for number, part in enumerate(parts))
    return (f'<figure><figcaption>{escape(title)} {key}</figcaption><svg class="chart" role="img" '
            f'viewBox="0 0 {_WIDE} {_HIGH + _FOOT + _ROW * rows}" aria-label="{escape(f"{title}. {told}")}">{drawn}'
            f'<line x1="{_LEFT}" y1="{20 + _HIGH}" x2="{_WIDE - _LEFT}" y2="{20 + _HIGH}"/></svg></figure>')
