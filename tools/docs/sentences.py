"""What does each pattern, and each cause, mean to the wearer? Plain sentences in English and Danish, by firmware names.

This is the one place to add words to when a pattern or a kind is added; until then `kald card` says which is missing,
and a test fails. A title and its text together stay within TEXT_MOST letters, so that they are one line of the card.
"""

from firmware import codes
from firmware.feedback import patterns
from tools.docs.table_words import numbered

LANGUAGES = ("da", "en")
TEXT_MOST = 64

# Whose alarm is it about? The groups of the card, in its order.
OWN, COLLEAGUE, BADGE = "own", "colleague", "badge"
GROUPS = (OWN, COLLEAGUE, BADGE)

Words = tuple[str, str]  # title and text of a pattern; name of a kind, and when the badge calls by itself

# name: (group, {language: (title, text)}), in the order in which the card shows them
PATTERNS: dict[str, tuple[str, dict[str, Words]]] = {
    "PRE_ALARM": (OWN, {
        "da": ("Er alt i orden?", "Ét tryk: ja. Ellers kalder den."),
        "en": ("Is all well?", "One press: yes. Otherwise it calls."),
    }),
    "RECEIVED": (OWN, {
        "da": ("Modtaget.", "Alarmen er gemt. Ingen har kvitteret endnu."),
        "en": ("Received.", "The alarm is stored. Nobody has answered yet."),
    }),
    "TAKEN": (OWN, {
        "da": ("Der kommer nogen.", "Et menneske har sagt: »Jeg kommer.«"),
        "en": ("Somebody comes.", "A person has said: “I am coming.”"),
    }),
    "UNANSWERED": (OWN, {
        "da": ("Ingen har kvitteret.", "Regn ikke med hjælp endnu."),
        "en": ("Nobody has answered.", "Do not count on help yet."),
    }),
    "UNHEARD": (OWN, {
        "da": ("Ikke hørt.", "Brikken bliver ved. Kom væk, hvis du kan."),
        "en": ("Not heard.", "The badge keeps trying. Get away if you can."),
    }),
    "CALLED_FALL": (COLLEAGUE, {
        "da": ("En kollega er i nød.", "Kom straks: overfaldsalarm eller ulykke."),
        "en": ("A colleague is in need.", "Come at once: emergency or accident."),
    }),
    "CALLED_ASSIST": (COLLEAGUE, {
        "da": ("En kollega banker på.", "Kom forbi, stille og roligt."),
        "en": ("A colleague knocks.", "Come by, quietly."),
    }),
    "CLOSED": (BADGE, {
        "da": ("Afsluttet.", "Din eller kollegaens alarm er lukket, testen bestået."),
        "en": ("Over.", "Your or the colleague's alarm is closed, the test passed."),
    }),
    "CANCELLED": (BADGE, {
        "da": ("Noteret.", "Efter dit tryk. Ellers nyt: se på tavlen eller her."),
        "en": ("Noted.", "After your press. Else news: look at the board or here."),
    }),
}

# name: {language: (what it is called, when the badge calls by itself: a clause after "when", "" for what is pressed)}
KINDS: dict[str, dict[str, Words]] = {
    "KIND_ASSIST": {"da": ("assistance", ""), "en": ("assistance", "")},
    "KIND_FALL": {
        "da": ("fald", "du falder hårdt og bliver liggende"),
        "en": ("fall", "you fall hard and lie still"),
    },
    "KIND_EMERGENCY": {"da": ("overfaldsalarm", ""), "en": ("emergency", "")},
    "KIND_MOTIONLESS": {
        "da": ("ingen bevægelse", "du på gult eller rødt besøg ikke har rørt dig længe"),
        "en": ("no movement", "on a yellow or red visit you have not moved for long"),
    },
    "KIND_POSITION": {
        "da": ("stilling", "du synker sammen"),
        "en": ("position", "you slump and stay down"),
    },
    "KIND_CHECK_IN": {
        "da": ("udeblevet svar", "du ikke svarer på »Er alt i orden?«"),
        "en": ("missed check-in", "you do not answer “Is all well?”"),
    },
    "KIND_TORN": {
        "da": ("revet af", "den bliver revet af"),
        "en": ("torn off", "it is torn off"),
    },
    "KIND_STRUGGLE": {
        "da": ("kamp", "du kæmper mod nogen i flere sekunder"),
        "en": ("struggle", "you struggle for several seconds"),
    },
    "KIND_TEST": {"da": ("test", ""), "en": ("test", "")},
}


def felt() -> dict[int, tuple[str, dict[str, Words]]]:
    """Return {pattern number: (group, {language: (title, text)})}, in the card's order. Raises Unnamed."""
    return numbered(patterns, PATTERNS, "pattern")


def kinds() -> dict[int, dict[str, Words]]:
    """Return {kind number: {language: (name, cause)}}. Raises Unnamed."""
    return numbered(codes, KINDS, "kind")
