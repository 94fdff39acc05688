"""How does the fleet look? A table of all badges, for whoever looks after them; the same sentences for `kald fleet`."""

from datetime import tzinfo
from html import escape

from tools.gateway.fleet import Fact
from tools.gateway.pages import by_language
from tools.gateway.pages.sheet import head, table, when
from tools.gateway.pages.words import WORDS

_BOTH = {  # key: Danish, English
    "version": ("version", "version"), "battery": ("batteri", "battery"), "heard": ("hørt", "heard"),
    "missed": ("tests misset", "tests missed"), "needs": ("mangler", "needs"), "update": ("ny software", "update"),
    "needs_cable": ("kablet", "the cable"), "needs_charge": ("opladning", "a charge"),
    "needs_nothing": ("intet", "nothing"), "unknown": ("ikke sagt", "not said"),
    "missed_in": ("Tests, som er misset, er af de seneste 30 dage.", "Tests missed are those of the last 30 days."),
    "waiting": ("venter på sin tur", "waits for its turn"), "ordered": ("henter {to}", "fetches {to}"),
    "runs": ("er startet med {to}", "has started with {to}"), "done": ("har fået {to}", "has got {to}"),
    "failed": ("MISLYKKET: {why}; de andre er stoppet", "FAILED: {why}; the others are stopped"),
    "stopped": ("stoppet", "stopped"), "because": ("{said} (sidst: {why})", "{said} (last time: {why})"),
    "why_back": ("brikken gik selv tilbage til det, den havde", "it went back by itself to what it had"),
    "why_silent": ("den er tavs siden", "it is silent since"),
    "why_0": ("der kom intet ud af det", "nothing came of it"),
    "cable": ("Kablet (kald flash): til brikker uden Wi-Fi, eller hvis software ligger i et ROMFS, i MicroPython selv "
        "eller er fra før der fandtes opdatering over Wi-Fi; og til broer, som hænger på gatewayen.",
        "The cable (kald flash): for badges without Wi-Fi, or whose firmware lies in a ROMFS, in MicroPython itself, "
        "or is from before there were updates over Wi-Fi; and for bridges, which hang on the gateway."),
}
WORDS_OF = {lang: WORDS[lang] | words for lang, words in by_language(_BOTH).items()}


def update(fact: Fact, lang: str) -> str:
    """Return in words how the badge's update goes, "" where there is none."""
    words = WORDS_OF[lang]
    if fact["state"] is None:
        return ""
    why = words.get(f"why_{fact['why']}", words["why_0"]) if fact["why"] else ""
    said = words[fact["state"]].format(to=fact["to"], why=why)
    return words["because"].format(said=said, why=why) if why and fact["state"] == "waiting" else said


def rows(facts: list[Fact], lang: str, zone: tzinfo | None = None) -> list[tuple[str, ...]]:
    """Return the table, its head first."""
    words = WORDS_OF[lang]
    heads = tuple(words[key] for key in ("badge", "person", "version", "battery", "heard", "missed", "needs", "update"))
    return [heads, *[
        (str(fact["device"]), fact["name"], fact["version"] or words["unknown"],
         "" if fact["battery"] is None else f"{fact['battery']} %", when(fact["heard_ms"], zone),
         str(fact["tests_missed"]), words[f"needs_{fact['needs']}"], update(fact, lang)) for fact in facts]]


def html(facts: list[Fact], lang: str, zone: tzinfo | None = None) -> str:
    """Return the page."""
    words = WORDS_OF[lang]
    heads, *lines = rows(facts, lang, zone)
    said = "".join(f"<p>{escape(words[name])}</p>" for name in ("missed_in", "cable")) + "</main></body></html>\n"
    name, shown = escape(words["fleet"]), table(lines, heads)
    wide = f'<div class="wide" tabindex="0" role="region" aria-label="{name}">{shown}</div>'
    return head(lang, words["fleet"]) + wide + said
