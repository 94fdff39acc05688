"""In which words is a plan refused, and its page written? Danish and English.

A place in a plan is a tuple, such as ("name", ("part", 2)): the name of plan 2.
"""

from collections.abc import Mapping
from typing import Any

_WHERE = {
    "plan": ("planen", "the plan"), "check_in_s": ("check_in_s", "check_in_s"),
    "check_in_of": ("tiden mellem livstegn på besøg ({0})", "check_in_s of {0}"),
    "again_s": ("tiden, før planen begynder forfra,", "again_s"), "checklist": ("tjeklisten", "checklist"),
    "item": ("et punkt på tjeklisten", "an item of the checklist"),
    "within_h": ("fristen for et punkt på tjeklisten", "within_h of an item of the checklist"),
    "plans": ("planerne", "plans"), "part": ("plan {0}", "plan {0}"), "name": ("navnet på {0}", "name of {0}"),
    "agreement": ("aftalen i {0}", "agreement of {0}"), "groups": ("grupperne i {0}", "groups of {0}"),
    "a_group": ("en gruppe i {0}", "a group of {0}"), "badges": ("brikkerne i {0}", "badges of {0}"),
    "a_badge": ("en brik i {0}", "a badge of {0}"), "kinds": ("arterne i {0}", "kinds of {0}"),
    "colours": ("farverne i {0}", "colours of {0}"), "steps": ("trinene i {0}", "steps of {0}"),
    "step": ("trin {0} i {1}", "step {0} of {1}"), "after_s": ("ventetiden i {0}", "after_s of {0}"),
    "group": ("gruppen i {0}", "group of {0}"), "to": ("adresserne i {0}", "to of {0}"),
    "address": ("en adresse i {0}", "an address of {0}"), "url": ("webhookens adresse i {0}", "url of {0}"),
    "topic": ("sirenens emne i {0}", "topic of {0}"), "rules": ("reglerne", "rules"),
    "house_address": ("tavlens adresse", "address"),
    "red_not_alone": ("reglen om røde besøg", "red_not_alone of rules"),
    "within_call": ("reglen om en kollega, der kan kaldes", "within_call of rules"),
    "closed_s": ("tiden, før en alarm, nogen er kommet til, skal være lukket,", "closed_s of rules"),
}
_SAID = {
    "last": ("Den sidste plan skal passe på alle alarmer: uden grupper, brikker, arter og farver.",
             "the last plan must fit every alarm: without groups, badges, kinds and colours"),
    "do": ("{where}: vælg kald, besked, sirene eller webhook.",
           '{where}: "do" must be badges, notify, siren or webhook'),
    "who": ('{where}: det skal være "ready" eller "any", der kaldes.', 'who of {where} must be "ready" or "any"'),
    "no_scheme": ("En adresse i {where} har ikke :// i sig, som ntfys://ntfy.example/emne har.",
                  "an address of {where} has no :// in it, as ntfys://ntfy.example/topic has"),
    "place": ("{where}: stedet kan fortælles på {known}.",
              "place of {where} must be one of {known}: the language in which it is told"),
    "url": ("Webhookens adresse i {where} skal begynde med https:// eller http:// og nævne en maskine.",
            "url of {where} must begin with https:// or http:// and name a host"),
    "topic": ("Sirenens emne i {where} må ikke have + eller # i sig.",
              "topic of {where} must not have + or # in it: it is published to"),
    "lang": ("{where}: sproget skal være et af {known}.", "{where}: lang must be one of {known}"),
    "house_address": ("Tavlens adresse skal være som https://kald.eksempel.dk.",
                      "address must be as https://kald.example is: with a host, without ? and #"),
    "object": ("{where} kan ikke læses.", "{where} must be an object in braces"),
    "missing": ("{where} mangler {keys}.", "{where} has no {keys}"),
    "unknown": ("{where}: {keys} kendes ikke.", "{where}: unknown {keys}"),
    "list": ("{where} skal være {least} til {most} i tal.", "{where} must be a list of {least} to {most}"),
    "known": ("{where}: kun {known} kendes.", "{where}: only {known} are known"),
    "number": ("{where} skal være et helt tal fra {least} til {most}.",
               "{where} must be a whole number from {least} to {most}"),
    "text": ("{where} skal være en tekst på {least} til {most} tegn.",
             "{where} must be a text of {least} to {most} letters"),
    "yes_or_no": ("{where} skal være ja eller nej.", "{where} must be true or false"),
    "signs": ("{where} har tegn i sig, som ikke kan skrives ud.", "{where} has signs in it that cannot be printed"),
    "deep": ("Dette er ingen plan: den er pakket for dybt ind.", "this is no plan: it is nested too deeply"),
    "no_json": ("Dette er ikke JSON: {why} i linje {line}.", "this is no JSON: {why} in line {line}"),
    "twice": ("{name!r} står der to gange.", "{name!r} stands there twice"),
    "huge": ("Dette er ingen plan: der er et tal i den, som ingen kan læse.",
             "this is no plan: there is a number in it that nobody can read"),
}


def place(lang: str, where: Any) -> str:
    """Return what a place in a plan is called in `lang`; what is no tuple is itself."""
    if not isinstance(where, tuple):
        return str(where)
    key, *more = where
    return _WHERE[key][lang == "en"].format(*[place(lang, each) for each in more])


def say(lang: str, key: str, where: tuple[Any, ...], more: Mapping[str, object]) -> str:
    """Return the sentence that refuses a plan."""
    said = _SAID[key][lang == "en"].format(where=place(lang, where) if where else "", **more)
    return said if lang == "en" else said[0].upper() + said[1:]


_REASONS = {  # as tools/gateway/jobs/reasons.py has them
    "its certificate is self-signed: name the house's CA, or that certificate, with --ca-file":
        "certifikatet er udstedt af den selv: nævn husets CA, eller certifikatet, med --ca-file",
    "its certificate comes from a CA that is not known here: name that CA with --ca-file":
        "certifikatet er fra en CA, der ikke kendes her: nævn den med --ca-file",
    "its certificate has expired, or this machine's clock is wrong":
        "certifikatet er udløbet, eller denne maskines ur går forkert",
    "its certificate is for another name than the one in the address":
        "certifikatet er til et andet navn end det i adressen",
    "it does not speak TLS: is that the right port?": "den taler ikke TLS: er det den rigtige port?",
    "it refuses connections": "den afviser forbindelser", "nobody knows its name": "ingen kender navnet",
    "it does not answer": "den svarer ikke", "there is no way to it: is the network up?":
        "der er ingen vej til den: er nettet oppe?",
    "it refuses the login": "den afviser navn eller kodeord", "it knows no such topic or path":
        "den kender ikke det emne eller den sti",
    "it says that too much was sent": "den siger, at der er sendt for meget", "it failed by itself":
        "den fejlede selv", "it hung up": "den lagde på", "it could not be reached": "den kunne ikke nås",
    "the gateway has just begun": "gatewayen er lige begyndt",
}
_NAMES = {"assist": "assistance", "everything else": "alt andet"}  # the plans that every house begins with
BOTH = {  # key: Danish, English
    **{f"why {english}": (danish, english) for english, danish in _REASONS.items()},
    **{f"plan {english}": (danish, english) for english, danish in _NAMES.items()},
    "the broker": ("brokeren", "the broker"), "plans": ("Planer", "Plans"),
    "verb_plan": ("planen gælder", "the plan is in force"), "plan_edit": ("Ret planerne", "Edit the plans"),
    "plans_hint": ("Planer prøves i rækkefølge; den første, der passer på en alarm, gælder. Den sidste skal passe på "
        "alle. Alarmer, der er åbne, beholder den, de begyndte med.",
        "Plans are tried in order; the first that fits an alarm is taken. The last must fit all. Alarms that are "
        "open keep the one they began with."),
    "plan_name": ("Navn", "Name"), "plan_kinds": ("Arter (ingen valgt: alle)", "Kinds (none ticked: all)"),
    "plan_colours": ("Besøgets farve (ingen valgt: alle)", "Colour of the visit (none: all)"),
    "plan_groups": ("Grupper, adskilt af komma (tom: alle)", "Groups, with commas between (empty: all)"),
    "plan_badges": ("Briknumre, adskilt af komma (tom: alle)", "Numbers of badges, with commas between (empty: all)"),
    "plan_agreement": ("Aftalt på forhånd: vises med alarmen", "Agreed beforehand: shown with the alarm"),
    "plan_steps": ("Trin", "Steps"), "plan_do": ("Hvad gøres", "What is done"),
    "plan_after": ("Sekunder efter trinet før", "Seconds after the step before"),
    "plan_group": ("Gruppe (own, all eller et navn)", "Group (own, all, or a name)"), "plan_who": ("Hvem", "Whom"),
    "plan_ready": ("de testede", "those tested"), "plan_any": ("alle på vagt", "all on duty"),
    "plan_to": ("Adresser, en pr. linje", "Addresses, one a line"), "plan_place": ("Fortæl stedet", "Tell the place"),
    "plan_no_place": ("nej", "no"), "plan_topic": ("Emne (MQTT)", "Topic (MQTT)"),
    "plan_url": ("Adresse (https://)", "Address (https://)"), "plan_step_add": ("Nyt trin", "New step"),
    "plan_add": ("Ny plan", "New plan"), "plan_up": ("Op", "Up"), "plan_down": ("Ned", "Down"),
    "plan_remove": ("Fjern", "Remove"),
    "plan_check_in": ("Livstegn på besøg, sekunder", "Check-in on a visit, seconds"),
    "plan_again": ("Sekunder, før planen begynder forfra", "Seconds until the plan begins again"),
    "plan_checklist": ("Tjekliste efter en hændelse", "Checklist after an incident"), "plan_item": ("Punkt", "Item"),
    "plan_within": ("Timer til frist (tom: ingen)", "Hours until due (empty: none)"),
    "plan_address": ("Tavlens adresse, til links i beskeder (https://…)",
        "The board's address, for links in messages (https://…)"),
    "plan_lang": ("Sprog i beskeder", "Language of messages"), "plan_house_lang": ("husets", "the house's"),
    "plan_rules": ("Regler, som systemet håndhæver", "Rules that are enforced"),
    "plan_red": ("Intet rødt besøg begynder alene ved tavlen", "No red visit begins alone at the board"),
    "plan_within_call": ("Meld, når ingen kollega kan kaldes", "Tell when no colleague is within call"),
    "plan_within_to": ("Hvem får det at vide? Adresser, en pr. linje (tom: kun tavlen)",
        "Who is told? Addresses, one a line (empty: the board only)"),
    "plan_closed": ("Sekunder, fra nogen er fremme, til planen går videre (tom: aldrig)",
        "Seconds from somebody's arrival until the plan goes on (empty: never)"),
    "plan_item_add": ("Nyt punkt", "New item"), "plan_save": ("Gem planen", "Save the plan"),
    "plan_saved": ("Planen gælder nu. Adresserne prøves.", "The plan is in force. Its addresses are being tried."),
    "plan_other": ("Planen er ændret af en anden siden. Genindlæs siden, og ret igen.",
        "Somebody else has changed the plan since. Load the page again, and edit it there."),
    "plan_picture": ("Hvem kaldes hvornår", "Who is called when"), "plan_seconds": ("{n} s", "{n} s"),
    "plan_then": ("så forfra efter {n} s", "and again after {n} s"),
    "plan_calls": ("kald {group}: {who}", "call {group}: {who}"), "plan_own": ("egen gruppe", "own group"),
    "plan_all": ("alle", "all"), "plan_nobody": ("ingen", "nobody"), "reached": ("nået", "reached"),
    "not_reached": ("IKKE NÅET", "NOT REACHED"), "trying": ("prøves …", "being tried …"),
    "step_no": ("trin {n}", "step {n}"),
}
