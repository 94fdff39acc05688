"""What else does the wearer's card say, in Danish and in English? Headings, gestures, and what the badge never does.

{hold}, {gap}, {mash}, {seconds} are seconds, {when} a clause: the card fills them in from what the firmware does.
{loud} stands for a sentence of LOUD, as the house's settings are.
"""

CARD: dict[str, dict[str, str]] = {
    "da": {
        "title": "Dit alarmkort",
        "for": "Til dig, der arbejder alene",
        "comma": ",",
        "second": "1 sekund",
        "or": "eller",
        "short": "kort",
        "long": "lang",
        "press": "Det trykker du",
        "felt": "Det mærker du",
        "own": "Din egen alarm",
        "colleague": "En kollega kalder: svar med ét kort tryk",
        "colleague_single": "En kollega kalder: svar ved tavlen",
        "badge": "Brikken fortæller",
        "news": "Nyt kan være: brikken har en fejl (i nød: tryk alligevel), du er alene eller ikke længere, øvelse er "
        "begyndt: så bliver ingen kaldt, men overfaldsalarm to gange er alvor.",
        "then": "Hvad sker der så?",
        "then_text": "Alarmen sendes igen og igen, til den er nået frem. Så vibrerer kollegernes brikker, og du "
        "mærker, når en kvitterer. Kun et menneske ved tavlen kan lukke alarmen.",
        "itself": "Den kalder selv",
        "when": "når",
        "asks": "Den spørger i {seconds} sekunder og kalder så, {when}.",
        "at_once": "Den kalder straks, {when}.",
        "never": "Det kan du regne med",
        "and": "og",
        "office": "Kontoret",
        "help": "Hjælp til brikken",
    },
    "en": {
        "title": "Your alarm card",
        "for": "For you who work alone",
        "comma": ".",
        "second": "1 second",
        "or": "or",
        "short": "short",
        "long": "long",
        "press": "What you press",
        "felt": "What you feel",
        "own": "Your own alarm",
        "colleague": "A colleague calls: answer with one short press",
        "colleague_single": "A colleague calls: answer at the board",
        "badge": "The badge tells you",
        "news": "News may be: the badge has a fault (in need, press anyway), you are alone or no longer so, practice "
        "has begun: nobody is called then, but an emergency pressed twice is real.",
        "then": "What happens then",
        "then_text": "The alarm is sent again and again until it has arrived. Then the colleagues' badges vibrate, and "
        "you feel it when one of them answers. Only a person at the board can close the alarm.",
        "itself": "It calls by itself",
        "when": "when",
        "asks": "It asks for {seconds} seconds, then calls, {when}.",
        "at_once": "It calls at once {when}.",
        "never": "You can rely on this",
        "and": "and",
        "office": "Office",
        "help": "Help with the badge",
    },
}

Gesture = tuple[str, str, str]  # what is done, what it means, and more about it
# language: {whether one press calls: its gestures}
GESTURES: dict[str, dict[bool, tuple[Gesture, Gesture, Gesture]]] = {
    "da": {
        False: (
            ("Ét kort tryk", "Ja", "Til brikken: »Alt er i orden.« Til en kollega: »Jeg kommer.«"),
            ("To tryk", "Assistance", "Kom forbi, stille og roligt. Højst {gap} sekund mellem trykkene."),
            ("Tre tryk, eller hold nede", "Overfaldsalarm", "Kom straks. Tre inden for {mash} sekunder, eller hold i "
             "{hold} sekund. Også midt i en anden alarm."),
        ),
        True: (
            ("Ét tryk", "Overfaldsalarm", "Kom straks. Ethvert tryk kalder, også midt i en anden alarm."),
            ("Ét kort tryk, når den har spurgt", "Ja", "Til brikken: »Alt er i orden.«"),
            ("To tryk, eller hold nede", "Overfaldsalarm", "Også når den har spurgt. Hold i {hold} sekund."),
        ),
    },
    "en": {
        False: (
            ("One short press", "Yes, me", "To the badge: “All is well.” To a colleague: “I am coming.”"),
            ("Two presses", "Assistance", "Come by, quietly. At most {gap} seconds between the presses."),
            ("Three presses, or hold", "Emergency", "Come at once. Three within {mash} seconds, or hold for {hold}. "
             "In the middle of another alarm, too."),
        ),
        True: (
            ("One press", "Emergency", "Come at once. Any press calls, in the middle of another alarm, too."),
            ("One short press when it has asked", "Yes", "To the badge: “All is well.”"),
            ("Two presses, or hold", "Emergency", "Even when it has asked. Hold for {hold} seconds."),
        ),
    },
}

NEVERS: dict[str, tuple[str, ...]] = {
    "da": (
        "Den lytter aldrig med og optager intet.",
        "{place}",
        "{loud}",
        "Den siger aldrig »modtaget«, før alarmen er gemt.",
        "Den lover aldrig hjælp, før nogen har lovet den.",
        "En alarm kan ikke trykkes væk. Spørgsmålet før den kan, af enhver.",
        "Den ringer aldrig 112. Det gør mennesker.",
    ),
    "en": (
        "It never listens, and records nothing.",
        "{place}",
        "{loud}",
        "It never says “received” before the alarm is stored.",
        "It never promises help before somebody has.",
        "No press takes an alarm away. The question before it, any press does.",
        "It never calls 112. People do.",
    ),
}

DOES: dict[str, dict[str, str]] = {
    "da": {"buzzer": "lyder", "light": "lyser"},
    "en": {"buzzer": "sounds", "light": "lights up"},
}

PLACE: dict[str, tuple[str, str]] = {  # (a house that wants no place, any other)
    "da": ("Den sender ikke, hvor du er, heller ikke i en alarm.",
           "Den siger kun i en alarm eller en test, hvor du er."),
    "en": ("It does not send where you are, not even in an alarm.",
           "It tells where you are only in an alarm or a test."),
}

LOUD: dict[str, dict[str, str]] = {
    "da": {
        "never": "Den lyder og lyser aldrig, medmindre I har valgt det.",
        "calls": "Den {does} kun, når en kollega kalder.",
        "always": "Den {does}, hver gang den vibrerer.",
    },
    "en": {
        "never": "It never sounds or lights up unless you chose so.",
        "calls": "It {does} only when a colleague calls.",
        "always": "It {does} whenever it vibrates.",
    },
}
