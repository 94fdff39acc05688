"""prints the wearer's one-page card as HTML for A5: kald card --lang da|en [--settings FILE] [--out FILE]"""

import sys
from pathlib import Path

from tools.cli import _help
from tools.docs.card import page
from tools.docs.sentences import LANGUAGES
from tools.docs.table_words import Unnamed
from tools.flash import settings_file

# Settings that the wearer need not know: how soon a thing counts, and how often the badge reports
UNSAID = ("heartbeat_ms", "motionless_ms", "position_ms", "righted_ms", "torn_ms")


@_help.refusing(Unnamed, ValueError, OSError, name="kald card")
def main(words: list[str]) -> int:
    """Write the card to --out, or print it; exit code 2 with one sentence when that cannot be."""
    parser = _help.parser("card", __doc__)
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--settings", type=Path, help="the house's settings.json, whose times the card then shows")
    parser.add_argument("--profile", metavar="NAME", help="with --settings: a table of that TOML file")
    parser.add_argument("--out", type=Path, help="the file to write; otherwise the card is printed here")
    given = parser.parse_args(words)
    html = page(given.lang, settings_file.read(given.settings, given.profile) if given.settings else "{}")
    if given.out:
        given.out.write_text(html, encoding="utf-8")
    else:
        sys.stdout.write(html)
    return 0
