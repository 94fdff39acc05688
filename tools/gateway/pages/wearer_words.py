"""In which words is a badge renamed, lent, replaced, and its wearer introduced? Danish and English."""

DA = {
    "wearers_left": "{n} flere brikker: søg efter navn, gruppe eller nummer.",
    "wearers": "Brikker og bærere", "who_has_not": "Hvem mangler?", "not_practised": "Har ikke øvet:",
    "not_introduced": "Er ikke introduceret:", "introduced": "Introduceret", "introduce": "Skriv introduktion",
    "introduced_to": "Til hvad? (knap, kort, aftaler)", "practised_kinds": "Øvet", "new_name": "Nyt navn",
    "rename": "Omdøb", "new_group": "Gruppe", "regroup": "Flyt", "lend_to": "Vikarens navn", "lend": "Lån ud",
    "give_back": "Tag tilbage", "lent_until": "lånt ud til {until}, ejes af {own}",
    "minutes_of": "Minutter (tom: uden)",
    "start_visit": "Begynd besøg", "agreed_for": "Aftalt, hvis der kaldes:", "nothing_agreed": "INGEN AFTALE",
    "replace_with": "Mistet: erstat med brik nr.", "replace": "Erstat", "number": "brik {n}",
    "replace_sure": "Spær denne brik og giv den nye dens navn og gruppe?",
    "verb_rename": "omdøbt", "verb_group": "flyttet", "verb_lend": "lånt ud", "verb_back": "taget tilbage",
    "verb_replace": "erstattet", "verb_introduced": "introduktion skrevet",
    "no_name_used": "En anden brik hedder allerede {name}.", "no_group_name": "En gruppe må ikke hedde {name}.",
}
EN = {
    "wearers_left": "{n} more badges: search for a name, a group or a number.",
    "wearers": "Badges and wearers", "who_has_not": "Who has not?", "not_practised": "Have not practised:",
    "not_introduced": "Have not been introduced:", "introduced": "Introduced", "introduce": "Write down",
    "introduced_to": "To what? (button, card, agreements)", "practised_kinds": "Practised", "new_name": "New name",
    "rename": "Rename", "new_group": "Group", "regroup": "Move", "lend_to": "The temp's name", "lend": "Lend",
    "give_back": "Take back", "lent_until": "lent until {until}, belongs to {own}",
    "minutes_of": "Minutes (empty: open)",
    "start_visit": "Begin visit", "agreed_for": "Agreed, if a call comes:", "nothing_agreed": "NO AGREEMENT",
    "replace_with": "Lost: replace by badge number", "replace": "Replace", "number": "badge {n}",
    "replace_sure": "Revoke this badge and give the new one its name and group?",
    "verb_rename": "renamed", "verb_group": "moved", "verb_lend": "lent", "verb_back": "taken back",
    "verb_replace": "replaced", "verb_introduced": "introduction written down",
    "no_name_used": "Another badge is already called {name}.", "no_group_name": "A group must not be called {name}.",
}
