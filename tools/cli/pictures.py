"""takes the pictures of the board and of the wearer's card that the documents show: a minute, and wants Chromium"""

import asyncio
import re
import tempfile
from pathlib import Path

from tools.cli import _help, flash, pair, plan
from tools.docs import card
from tools.docs.browser import Refusal, window
from tools.docs.screens import FOLDER, LANG, SCREENS, note
from tools.sim.demo.house import Trouble
from tools.sim.demo.scene import open_alarm
from tools.sim.demo.timeline import Missing

_TAKEN = "document.querySelector('#alarms article.step2') !== null"  # an alarm stands there, and somebody comes
_CARD = "document.querySelector('footer') !== null"


async def _pictures(folder: Path) -> str:
    """Take all pictures; return the text that was to be read on the board."""
    async with window(folder / "browser") as page:
        for name, width in SCREENS.items():
            if name.startswith("card_"):
                path = folder / "card.html"
                path.write_text(card.page(name[5:7], "{}"), encoding="utf-8")
                await page.show(path.as_uri(), width, _CARD)
                await page.shot(FOLDER / name, width)
        with open_alarm(folder / "house", flash.main, pair.main, plan.main) as board:
            await page.show(f"{board}?lang={LANG}", SCREENS["board.png"], _TAKEN)
            await page.shot(FOLDER / "board.png", SCREENS["board.png"])
            return await page.ask("document.body.innerText")


@_help.refusing(Refusal, Trouble, Missing, name="kald pictures")
def main(words: list[str]) -> int:
    """Take them; exit code 2 with one sentence when that cannot be."""
    _help.parser("pictures", __doc__).parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        note(re.sub(r"[\s:·→]+", " ", asyncio.run(_pictures(Path(folder)))))
    print("Look at them: docs/pictures. That they look right, only eyes can say.")
    return 0
