"""prints a month's figures: kald report --month 2026-11 [--json]"""

from collections.abc import Iterator

from tools.cli import _help
from tools.gateway import client, house_zone, report
from tools.gateway.enumerations import KINDS
from tools.gateway.pages.command_words import WORDS as COMMAND_WORDS
from tools.gateway.pages.words import WORDS
from tools.gateway.places import wording
from tools.gateway.store import Refusal, open_at


def _lines(figures: report.Month, lang: str) -> Iterator[str]:
    words, kinds = COMMAND_WORDS[lang], {name: number for number, name in KINDS.items()}

    def line(key: str, value: object) -> str:
        return f"{words[key]:22}{value}"

    def number(value: float | None, unit: str = "") -> str:
        return "-" if value is None else f"{value:.1f}".replace(".", words["comma"]) + unit

    yield f"Kald, {figures['month']}"
    yield line("alarms", figures["alarms"])
    for kind, count in figures["by_kind"].items():
        if count:
            yield f"  {kind if lang == 'en' else WORDS[lang][f'kind_{kinds[kind]}']:20}{count}"
    yield line("real", figures["verified"])
    yield line("false", figures["false"])
    yield line("test", figures["tests_said"])
    yield line("not_said", figures["not_said"])
    yield line("cancelled", figures["cancelled_questions"])
    for what, some in (("taken", figures["to_taken_s"]), ("there", figures["to_there_s"])):
        for key in ("median", "p95"):
            yield line(f"{what}_{key}", number(some[key], " s"))
    yield line("untaken", figures["untaken"])
    yield line("tests", "-" if figures["tests"]["done"] is None else words["tests_said"].format(**figures["tests"]))
    yield line("alone", number(figures["alone_h"]))
    for place in figures["late"]:
        where = wording.say(wording.Finding(**place["where"]), lang)
        yield line("late", words["late_said"].format(count=place["count"], place=where))
    yield line("practised", ", ".join(figures["practised"]) or "-")


@_help.refusing(Refusal, report.Wrong)
def main(words: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = _help.parser("report", __doc__)
    parser.add_argument("--month", required=True, help="such as 2026-11")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    _help.house(parser)
    args = client.language(parser).parse_args(words)
    with open_at(args.data, args.store).engine.connect() as db:
        figures = report.month(db, args.month, house_zone.read(db))
    print(_help.as_json(figures) if args.json else "\n".join(_lines(figures, args.lang)))
    return 0
