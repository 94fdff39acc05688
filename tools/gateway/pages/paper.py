"""How do a record and a month look on paper? Pages made here, with every text from elsewhere escaped."""

from datetime import datetime
from html import escape

from tools.gateway.pages.words import WORDS
from tools.gateway.plans import KINDS

_KIND_NUMBERS = {name: number for number, name in KINDS.items()}
_HEAD = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/paper.css"></head>
<body><nav><a href="/?lang={lang}">{back}</a></nav><h1>{title}</h1>
"""


def _when(ms, zone=None):
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S") if ms else ""


def _head(lang, title):
    return _HEAD.format(lang=lang, title=escape(title), back=escape(WORDS[lang]["back"]))


def _rows(rows, heads=()):
    """Return a table of texts, all of them escaped."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>\n"


def record(record, lang, outcomes, zone=None):
    """Return the page of a record (tools.gateway.records.read): printable, with notes and follow-up to write in."""
    words = WORDS[lang]
    kind = words[f"kind_{record['kind']}"] + (f" · {words['practice']}" if record["practice"] else "")
    page = _head(lang, f"{words['alarm']} {record['id']}: {record['name']}, {kind}")
    facts = [
        (words["since"], _when(record["since_ms"], zone)), (words["group"], record["team"]),
        (words["colour"], words.get(record["colour_name"], "")), (words["step_2"], record["taken_by"] or ""),
        (words["step_4"], _when(record["closed_ms"], zone)), (words["outcome"], words[record["outcome"]]),
    ]  # fmt: skip
    page += _rows(facts) + f"<h2>{escape(words['line'])}</h2>"
    lines = [_line(line, words, zone) for line in record["events"]]
    page += _rows(lines, [words[key] for key in ("at", "step", "person", "detail")])
    page += f"<h2>{escape(words['notes'])}</h2>"
    page += _rows([(_when(note["at_ms"], zone), note["who"], note["text"]) for note in record["notes"]])
    page += f"<h2>{escape(words['checks'])}</h2><ul>"
    for item in record["checks"]:
        done = f" · {item['done_by']}, {_when(item['done_ms'], zone)}" if item["done_ms"] else ""
        tick = " checked" if item["done_ms"] else ""
        box = f'<input type="checkbox" data-item="{item["id"]}"{tick}>'
        page += f"<li><label>{box} {escape(item['item'])}{escape(done)}</label></li>"
    page += "</ul>" if record["checks"] else f"</ul><p>{escape(words['no_checks'])}</p>"
    return page + _desk(record, lang, outcomes)


def _line(line, words, zone):
    """Return the cells of one event of the time line."""
    who, detail = line["who"], line["detail"]
    if line["step"] in ("received", "pre_alarm", "cancelled"):
        who, _, kind = who.rpartition(": ")
        detail = words[f"kind_{_KIND_NUMBERS[kind]}"]
    elif line["step"] in ("called", "called_again"):
        detail = ""  # the revision, by which the gateway knows whom it has called before
    elif line["step"].startswith("plan_"):
        detail = words[f"said_{detail}"]
    elif line["step"] in ("closed", "judged"):
        detail = words.get(detail, detail)
    return _when(line["at_ms"], zone), words.get(f"ev_{line['step']}", line["step"]), who, detail


def _desk(record, lang, outcomes):
    """Return what is for the screen only: a name, a note, what it was."""
    words = {key: escape(word) for key, word in WORDS[lang].items()}
    options = "".join(
        f'<option value="{escape(each)}"{" selected" if each == record["outcome"] else ""}>{words[each]}</option>'
        for each in outcomes
    )
    judged = f'<p><label>{words["outcome"]} <select id="outcome">{options}</select></label></p>'
    return (
        f'<section id="desk" data-alarm="{record["id"]}"><p id="refused" role="alert" hidden></p>'
        f'<p><label>{words["who"]} <input id="who" maxlength="40" autocomplete="name"></label></p>'
        f'{judged if record["closed_ms"] else ""}'
        f'<p><textarea id="note" maxlength="700" rows="4" aria-label="{words["write_note"]}"></textarea></p>'
        f'<p><button id="save">{words["save"]}</button> <button id="print">{words["print"]}</button></p></section>'
        f'<script src="/words.js?lang={lang}"></script><script src="/door.js"></script>'
        '<script src="/record.js"></script></body></html>\n'
    )


def month(figures, lang):
    """Return the page of a month's figures (tools.gateway.report.month)."""
    words = WORDS[lang]
    page = _head(lang, f"{words['month']}: {figures['month']}")
    kinds = [(words[f"kind_{_KIND_NUMBERS[kind]}"], count) for kind, count in figures["by_kind"].items()]
    page += f"<h2>{escape(words['by_kind'])}</h2>" + _rows([*kinds, (words["total"], figures["alarms"])])
    said = [(words[key], figures[name]) for key, name in (
        ("verified", "verified"), ("falses", "false"), ("tests_said", "tests_said"), ("not_said", "not_said"),
        ("cancelled_asks", "cancelled_questions"),
    )]  # fmt: skip
    page += f"<h2>{escape(words['outcome'])}</h2>" + _rows(said)
    times = [(words[key], "" if figures["to_taken_s"][key] is None else f"{figures['to_taken_s'][key]:.1f} s")
             for key in ("median", "p95")]  # fmt: skip
    page += f"<h2>{escape(words['to_taken'])}</h2>" + _rows([*times, (words["untaken"], figures["untaken"])])
    tests = [(words[f"tests_{key}"], figures["tests"][key]) for key in ("done", "partial", "missed")]
    page += f"<h2>{escape(words['tests'])}</h2>" + _rows(tests)
    names = ", ".join(figures["practised"]) or words["nobody"]
    return page + f"<h2>{escape(words['practised'])}</h2><p>{escape(names)}</p></body></html>\n"
