"""What does a message say that leaves the house? No name and no place; a link, where the house has an address.

In the step's own language (`"lang"`), else the house's (`"lang"` of its plan), else Danish, as the pages are.
"""

from typing import Any

from tools.gateway.pages.words import WORDS

Plan = dict[str, Any]


def language(plan: Plan, step: Plan) -> str:
    """Return in which language a step speaks: da, or en."""
    return str(step.get("lang") or plan.get("lang", "da"))


def link(plan: Plan, lang: str, number: int | None = None) -> str:
    """Return where the board, or the alarm with row `number`, is to be seen in `lang`; "" if nobody has said so."""
    address = plan.get("address", "").rstrip("/")
    query = ([f"alarm={number}"] if number is not None else []) + (["lang=en"] if lang == "en" else [])
    return address and f"{address}/" + (f"?{'&'.join(query)}" if query else "")


def alarm(plan: Plan, step: Plan, kind: int, badge: int, number: int) -> str:
    """Return what is said of the alarm with row `number`."""
    lang = language(plan, step)
    words = WORDS[lang]
    said = words["notice_alarm"].format(kind=words[f"kind_{kind}"], badge=badge, alarm=number)
    return said + _see(words, link(plan, lang, number))


def nobody(plan: Plan, badge: int) -> str:
    """Return what is said when no colleague of `badge` is within call."""
    lang = language(plan, {})
    return WORDS[lang]["notice_nobody"].format(badge=badge) + _see(WORDS[lang], link(plan, lang))


def _see(words: dict[str, str], where: str) -> str:
    return f" {words['notice_see']}: {where}" if where else f" {words['notice_see']}."
