"""In which words do take, close, visit, shift, keys, plan, notify, report and zone speak?"""

from tools.gateway.pages import by_language

_BOTH = {  # key: Danish, English
    "no_gateway": ("ingen gateway svarer på port {port}; start den med: kald gateway",
        "no gateway answers on port {port}; start one with: kald gateway"),
    "no_token": ("{said}: nævn gatewayens mappe med --data, som dens egen bruger",
        "{said}: name the gateway's folder with --data, as its own user"),
    "alarms": ("alarmer", "alarms"), "real": ("virkelige", "real"), "false": ("fejlalarmer", "false"),
    "test": ("test", "tests"), "not_said": ("ikke oplyst", "not said"),
    "cancelled": ("spørgsmål afblæst", "questions called off"), "taken_median": ("svartid, median", "to taken, median"),
    "taken_p95": ("svartid, 95 %", "to taken, 95 %"), "there_median": ("fremme efter, median", "to there, median"),
    "there_p95": ("fremme efter, 95 %", "to there, 95 %"), "untaken": ("aldrig kvitteret", "never taken"),
    "tests": ("vagttests", "shift tests"),
    "tests_said": ("{done} gjort, {partial} ikke bestået helt, {missed} ikke gjort",
        "{done} done, {partial} not passed whole, {missed} missed"),
    "alone": ("timer alene", "hours alone"), "late": ("hørt sent", "heard late"),
    "late_said": ("{count} ved {place}", "{count} at {place}"), "practised": ("har øvet", "have practised"),
    "comma": (",", "."),
    "in_force": ("{count} planer gælder; alarmer, der er åbne, beholder den, de begyndte med.",
        "{count} plans are in force; alarms that are open keep the one they began with."),
    "cannot_read": ("planen {path} kan ikke læses: {why}", "cannot read the plan {path}: {why}"),
    "no_such_address": ("{path}: trin {step} i {part}: Apprise kan ikke sende til en adresse, der begynder med "
        "{kind!r}",
        "{path}: step {step} of {part}: an address that begins with {kind!r} is not one that Apprise can send to"),
    "nobody_named": ("planen giver ingen besked, og nævner ingen sirene og ingen webhook",
        "the plan in force notifies nobody, and names no siren and no webhook"),
    "trying": ("{count} prøves; den, der får besked, får at vide, at det er en prøve.",
        "{count} are being tried; whoever gets a message is told that it is a test."),
    "reached": ("nået", "reached"), "not_tried": ("ikke prøvet inden for {wait} s", "not tried within {wait} s"),
    "nobody_tried": ("ingen har prøvet: kører mappens gateway, og er ingen alarm åben?",
        "nobody tried: is the gateway of this folder running, and is no alarm open?"),
    "machine_zone": ("ingen er valgt: den maskines, hvor gatewayen kører",
        "none is set: that of the machine on which the gateway runs"),
    "no_zone": ("en tidszone skrives som Europe/Copenhagen, og denne maskine skal kende den",
        "a zone is written as Europe/Copenhagen, and this machine must know it"),
}
WORDS = by_language(_BOTH)
