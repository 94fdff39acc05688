"""What does each pattern, and each cause, mean to the wearer? Plain sentences in English and Danish, by firmware names.

This is the one place to add words to when a pattern or a kind is added; until then `kald card` says which is missing,
and a test fails. A title and its text together stay within TEXT_MOST letters, so that they are one line of the card.
"""

from firmware import words
from firmware.feedback import patterns
from tools.paper.table_words import numbered

LANGUAGES = ("da", "en")
TEXT_MOST = 64

# Whose alarm is it about? The groups of the card, in its order.
OWN, COLLEAGUE, BADGE = "own", "colleague", "badge"
GROUPS = (OWN, COLLEAGUE, BADGE)

# name: (group, {language: (title, text)}), in the order in which the card shows them
PATTERNS = {
    "REMINDER": (OWN, {
        "da": ("Er alt i orden?", "Ét tryk: ja. Svar inden for et minut."),
        "en": ("Is all well?", "One press: yes. Answer within a minute."),
    }),
    "PRE_ALARM": (OWN, {
        "da": ("Er der sket noget?", "Ét tryk: alt er i orden. Ellers kalder den."),
        "en": ("Is this an alarm?", "One press: all is well. Otherwise it calls."),
    }),
    "CANCELLED": (OWN, {
        "da": ("Forstået.", "Alt er i orden. Ingen bliver kaldt."),
        "en": ("Understood.", "All is well. Nobody is called."),
    }),
    "HEARD": (OWN, {
        "da": ("Modtaget.", "Alarmen er gemt. Ingen har svaret endnu."),
        "en": ("Received.", "The alarm is stored. Nobody has answered yet."),
    }),
    "COMING": (OWN, {
        "da": ("Der kommer nogen.", "Et menneske har sagt: »Jeg kommer.«"),
        "en": ("Somebody comes.", "A person has said: “I am coming.”"),
    }),
    "NOBODY": (OWN, {
        "da": ("Ingen har svaret.", "Regn ikke med hjælp endnu."),
        "en": ("Nobody has answered.", "Do not count on help yet."),
    }),
    "DEAF": (OWN, {
        "da": ("Ikke nået frem.", "Brikken bliver ved. Kom væk, hvis du kan."),
        "en": ("Not heard.", "The badge keeps trying. Get away if you can."),
    }),
    "OVER": (OWN, {
        "da": ("Afsluttet.", "Et menneske har lukket din alarm."),
        "en": ("Closed.", "A person has closed your alarm."),
    }),
    "CALLED_EMERGENCY": (COLLEAGUE, {
        "da": ("Nødkald.", "En kollega har brug for hjælp nu."),
        "en": ("Emergency.", "A colleague needs help now."),
    }),
    "CALLED_FALL": (COLLEAGUE, {
        "da": ("Måske en ulykke.", "En kollegas brik kalder af sig selv."),
        "en": ("Perhaps an accident.", "A colleague's badge calls by itself."),
    }),
    "CALLED_ASSIST": (COLLEAGUE, {
        "da": ("Assistance.", "Kom forbi, stille og roligt."),
        "en": ("Assistance.", "Come by, quietly."),
    }),
    "ANSWERED": (COLLEAGUE, {
        "da": ("Dit svar er nået frem.", "Du har sagt: »Jeg kommer.«"),
        "en": ("Your answer has arrived.", "You have said: “I am coming.”"),
    }),
    "STOOD_DOWN": (COLLEAGUE, {
        "da": ("Afblæst.", "Kollegaens alarm er lukket."),
        "en": ("Stand down.", "The colleague's alarm is closed."),
    }),
    "TROUBLE": (BADGE, {
        "da": ("Brikken har en fejl.", "Sig det på kontoret. I nød: tryk alligevel."),
        "en": ("The badge has a fault.", "Tell the office. In need, press anyway."),
    }),
    "TEST_ASK": (BADGE, {
        "da": ("Prøve: kan du mærke det?", "Ét tryk: ja."),
        "en": ("Test: do you feel this?", "One press: yes."),
    }),
    "READY": (BADGE, {
        "da": ("Prøven er bestået.", "Brikken er klar til vagten."),
        "en": ("The test has passed.", "The badge is ready for the shift."),
    }),
    "PRACTISING": (BADGE, {
        "da": ("Øvelse.", "Ingen bliver kaldt. Nødkald to gange er alvor."),
        "en": ("Practice.", "Nobody is called. Emergency twice is real."),
    }),
    "ALONE": (BADGE, {
        "da": ("Du er alene nu.", "Ingen kollega er inden for rækkevidde."),
        "en": ("You are alone now.", "No colleague is within call."),
    }),
    "TOGETHER": (BADGE, {
        "da": ("Ikke alene længere.", "En kollega er tilbage."),
        "en": ("No longer alone.", "A colleague is back."),
    }),
}  # fmt: skip

# name: {language: (what it is called, when the badge calls by itself: a clause after "when", "" for what is pressed)}
KINDS = {
    "KIND_ASSIST": {"da": ("assistance", ""), "en": ("assistance", "")},
    "KIND_FALL": {
        "da": ("fald", "du falder hårdt og bliver liggende"),
        "en": ("fall", "you fall hard and lie still"),
    },
    "KIND_EMERGENCY": {"da": ("nødkald", ""), "en": ("emergency", "")},
    "KIND_MOTIONLESS": {
        "da": ("ingen bevægelse", "du ikke har bevæget dig længe"),
        "en": ("no movement", "you have not moved for long"),
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
    "KIND_TEST": {"da": ("prøve", ""), "en": ("test", "")},
}


def felt():
    """Return {pattern number: (group, {language: (title, text)})}, in the card's order. Raises Unnamed."""
    return numbered(patterns, PATTERNS, "pattern")


def kinds():
    """Return {kind number: {language: (name, cause)}}. Raises Unnamed."""
    return numbered(words, KINDS, "kind")
