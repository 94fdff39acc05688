"""How does the guide on working alone look? One section for staff, one for leaders; every text is escaped."""

from datetime import tzinfo
from html import escape

from tools.gateway import guide
from tools.gateway.pages.guide_words import WORDS
from tools.gateway.pages.sheet import day, unreached
from tools.gateway.pages.words import WORDS as BOARD_WORDS

_OF_PLANS = ("no_agreement", "reaches_nobody")  # what is named in these answers is plans and their steps
_HTML = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>Kald: {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/paper.css"><link rel="stylesheet" href="/guide.css"></head>
<body><header><nav aria-label="{back}"><a href="/?lang={lang}">{back}</a>
<a href="/guide?lang={other_lang}" hreflang="{other_lang}" lang="{other_lang}">{other}</a></nav></header>
<main><h1>{title}</h1><p>{lead}</p>
<p id="refused" role="alert" hidden></p><p id="done" role="status"></p>{me}
{sections}</main><script src="/words.js?lang={lang}"></script><script src="/door.js"></script>
<script src="/guide.js"></script></body></html>
"""


def sentence(answer: guide.Answer, lang: str, named: bool = True) -> str:
    """Return the answer in words; not named: without any name."""
    words, names = WORDS[lang], list(answer.names) if named else []
    if answer.says in _OF_PLANS:
        names = [unreached(name, BOARD_WORDS[lang]) for name in names]
    left = answer.more.get("dead", answer.count) - len(names)
    if names and left > 0:
        names.append(words["and_more"].format(count=left))
    said = f": {', '.join(names)}" if names else ""
    return words[f"a_{answer.says}"].format(**{**answer.more, "count": answer.count, "names": said})


def _answer(answer: guide.Answer | None, lang: str, named: bool) -> str:
    words = WORDS[lang]
    mark = "talk" if answer is None else {True: "well", False: "look", None: "open"}[answer.well]
    said = words["talk_about"] if answer is None else sentence(answer, lang, named)
    return f'<p class="{mark}"><strong>{escape(words[mark])}:</strong> {escape(said)}</p>'


def html(answers: dict[str, guide.Answer | None], talked: dict[str, tuple[int, str]], lang: str, leaders: bool,
         named: bool, may_talk: bool, zone: tzinfo | None = None) -> str:
    """Return the page. leaders: with their questions; named: with names; may_talk: with what writes a talk down."""
    words, board, sections = WORDS[lang], BOARD_WORDS[lang], ""
    for which, questions in (("staff", guide.STAFF), ("leaders", guide.LEADERS if leaders else ())):
        rows = ""
        for key in questions:
            last = words["never"]
            if key in talked:
                at_ms, who = talked[key]
                last = words["last"].format(day=day(at_ms, zone), who=who)
            button = (f'<button data-question="{key}" aria-describedby="q_{key}">{escape(words["we_talked"])}</button>'
                      if may_talk else "")
            rows += (f'<li><h3 id="q_{key}">{escape(words["q_" + key])}</h3>{_answer(answers[key], lang, named)}'
                     f'<p>{escape(last)} {button}</p></li>\n')
        if rows:
            sections += (f'<section aria-labelledby="h_{which}"><h2 id="h_{which}">{escape(words["h_" + which])}</h2>'
                         f"<ol>{rows}</ol></section>")
    me = f'<p><button id="me">{escape(board["who_are_you"])}</button></p>' if may_talk else ""
    return _HTML.format(lang=lang, other_lang="en" if lang == "da" else "da", other=escape(board["other"]),
                        title=escape(words["title"]), lead=escape(words["lead"]), back=escape(board["back"]), me=me,
                        sections=sections)
