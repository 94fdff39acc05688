"""Can everybody use a page? axe-core says so, and no place to press is too small, and nothing too wide.

axe-core is not ours and is not kept here; .ci/run fetches it, and $KALD_AXE or .build/axe/axe.min.js is where it lies.
"""

import os
from pathlib import Path

import pytest

AXE = Path(os.environ.get("KALD_AXE") or Path(__file__).resolve().parent.parent / ".build" / "axe" / "axe.min.js")
LOOKS = (("light", "da", 1366), ("light", "en", 390), ("dark", "en", 1366), ("dark", "da", 390))  # any two meet once
FOUND = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then(r => r.violations.map(v => `${v.impact} ${v.id}: ` +
    v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")))"""
SMALL = """[...document.querySelectorAll('button, a, input, select, textarea, summary')]
  .filter(e => e.offsetParent && !e.matches('.skip')).map(e => e.type === 'checkbox' ? e.closest('label') : e)
  .map(e => [e.textContent.slice(0, 30), e.getBoundingClientRect()])
  .filter(([, at]) => at.width < 43.5 || at.height < 43.5)
  .map(([text, at]) => `small: ${text} ${at.width}x${at.height}`)"""

BEYOND = """(() => {  // the screen's edge; what scrolls within the page may be as wide as it likes
  const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
  return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .filter(e => !scrolls(e.parentElement)).map(e => e.outerHTML.slice(0, 50))
})()"""


@pytest.fixture(scope="module")
def axe():
    """Return the source of axe-core."""
    if not AXE.is_file():
        pytest.skip(f"no axe-core on this machine: {AXE.name} of axe-core into .build/axe")
    return AXE.read_text(encoding="utf-8")


async def faultless(page, axe, what):
    """Find no fault in what `page` shows. what: its name."""
    await page.ask(axe)
    findings = [*await page.ask(FOUND), *await page.ask(SMALL)]
    assert not findings, f"{what}:\n" + "\n".join(findings)
    wide = await page.ask("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what} is {wide} px too wide"


async def in_each_look(page, axe, pages):
    """Find no fault in any of `pages`, each (address, what is true when it is there), with everything unfolded."""
    for scheme, lang, width in LOOKS:
        await page.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for address, ready in pages:
            await page.show(f"{address}?lang={lang}", width, ready, 844)
            await page.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            await faultless(page, axe, f"{address}, {scheme}, {lang}, {width}")
            assert await page.ask(BEYOND) == [], (address, lang, width)
