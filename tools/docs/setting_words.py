"""What is each setting of a badge, in Danish and English? Numbers come from firmware/settings.py; this adds words.

The technician's table and the file that `kald config new` writes are both made from here. A setting without words is
named by `rows`, and a test fails.
"""

from typing import NamedTuple

from firmware.settings import PLACES, RANGES, SWITCHES
from tools.docs.table_words import Unnamed

WORDS = {
    "hold_ms": {"en": "held as long, the button means emergency", "da": "holdes knappen så længe, er det overfald"},
    "pre_alarm_ms": {"en": "how long a fall, a slump or stillness is asked about",
                     "da": "så længe spørges der efter et fald, en sammensynken eller stilhed"},
    "heartbeat_ms": {"en": "between two heartbeats; without Wi-Fi `kald pair` writes 300000",
                     "da": "mellem to livstegn; uden wi-fi skriver `kald pair` 300000"},
    "motionless_ms": {"en": "without movement as long (yellow and red visits), the badge asks",
                      "da": "uden bevægelse så længe (gule og røde besøg) spørger brikken"},
    "position_ms": {"en": "slumped as long, the badge asks", "da": "sunket sammen så længe, spørger brikken"},
    "righted_ms": {"en": "upright or moving as long, that question is withdrawn",
                   "da": "oprejst eller i bevægelse så længe, trækkes spørgsmålet tilbage"},
    "check_in_ask_ms": {"en": "how long a check-in is asked for", "da": "så længe spørges der: er alt i orden?"},
    "torn_ms": {"en": "clip open as long: torn off", "da": "klips åben så længe: revet af"},
    "single_press_calls": {"en": "every press is an emergency, but for the answer to what the badge asks",
                           "da": "hvert tryk er overfald, undtagen svaret på det, brikken spørger om"},
    "clip": {"en": "there is a clip contact", "da": "der er en kontakt i klipsen"},
    "position_alarm": {"en": "a slump is heeded", "da": "der lyttes efter, om nogen synker sammen"},
    "struggle_alarm": {"en": "after some seconds of hard movement without a rhythm the badge asks",
                       "da": "efter nogle sekunders voldsom bevægelse uden rytme spørger brikken"},
    "place": {"en": "what a badge tells of its surroundings, with an alarm or a test only; beacons on boards with "
              "Bluetooth",
              "da": "hvad en brik fortæller om sine omgivelser, kun ved alarm og test; beacons på kort med Bluetooth"},
    "buzzer": {"en": "a buzzer follows the motor", "da": "en summer følger motoren"},
    "light": {"en": "a light follows the motor", "da": "et lys følger motoren"},
}
_HEAD = {
    "en": """# Kald: the settings of one house. A line that begins with # is what a badge does anyhow.
#   kald config check FILE                        is it right?
#   kald config diff FILE                         what differs on the badge on the cable?
#   kald pair --settings FILE --profile night     a badge with the profile at the end
""",
    "da": """# Kald: ét hus' indstillinger. En linje, der begynder med #, er det, en brik gør i forvejen.
#   kald config check FIL                         er den rigtig?
#   kald config diff FIL                          hvad er anderledes på brikken på kablet?
#   kald pair --settings FIL --profile nat        en brik med profilen til sidst
""",
}
_PROFILE = {
    "en": """# A profile: what differs for some badges. There may be several; their names are the house's.
# [night]
# pre_alarm_ms = 20000
""",
    "da": """# En profil: det, der er anderledes for nogle brikker. Der kan være flere; huset giver dem navn.
# [nat]
# pre_alarm_ms = 20000
""",
}


class Row(NamedTuple):
    """A setting: its usual value and what it may be, both as TOML and JSON write them, and what it is."""

    name: str
    usual: str
    may: str
    text: str


def rows(language: str = "en") -> list[Row]:
    """Return all settings, in the order of the documents. Raises Unnamed."""
    to = {"en": "to", "da": "til"}[language]
    loud = '"never", "calls", "always"'
    found = [(name, str(usual), f"{least} {to} {most}") for name, (usual, least, most) in RANGES.items()]
    found += [(name, "true" if known == "position" else "false", "true, false") for name, known in SWITCHES.items()]
    found.append(("place", f'"{PLACES[1]}"', ", ".join(f'"{word}"' for word in PLACES)))
    found += [(name, '"never"', loud) for name in ("buzzer", "light")]
    unsaid = sorted({name for name, _, _ in found} ^ set(WORDS))
    if unsaid:
        raise Unnamed(f"the setting {unsaid[0]} has no words in tools/docs/setting_words.py, or is none")
    return [Row(name, usual, may, WORDS[name][language]) for name, usual, may in found]


def template(language: str = "en") -> str:
    """Return a settings file in TOML that changes nothing: each setting with what it is, its bounds and usual value."""
    lines = [_HEAD[language]]
    lines += [f"# {row.text}: {row.may}\n# {row.name} = {row.usual}\n" for row in rows(language)]
    return "\n".join([*lines, _PROFILE[language]])
