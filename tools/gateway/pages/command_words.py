"""In which words do take, close, visit, shift, keys, plan, notify, report and zone speak? A test compares the two."""

_DA = {
    "no_gateway": "ingen gateway svarer på port {port}; start den med: kald gateway",
    "no_token": "{said}: nævn gatewayens mappe med --data, som dens egen bruger",
    "alarms": "alarmer", "real": "virkelige", "false": "fejlalarmer", "test": "test", "not_said": "ikke oplyst",
    "cancelled": "spørgsmål afblæst", "taken_median": "svartid, median", "taken_p95": "svartid, 95 %",
    "there_median": "fremme efter, median", "there_p95": "fremme efter, 95 %", "untaken": "aldrig kvitteret",
    "tests": "vagttests", "tests_said": "{done} gjort, {partial} ikke bestået helt, {missed} ikke gjort",
    "alone": "timer alene", "late": "hørt sent", "late_said": "{count} ved {place}", "practised": "har øvet",
    "comma": ",",
    "in_force": "{count} planer gælder; alarmer, der er åbne, beholder den, de begyndte med.",
    "cannot_read": "planen {path} kan ikke læses: {why}",
    "no_such_address": "{path}: trin {step} i {part}: Apprise kan ikke sende til en adresse, der begynder med {kind!r}",
    "nobody_named": "planen giver ingen besked, og nævner ingen sirene og ingen webhook",
    "trying": "{count} prøves; den, der får besked, får at vide, at det er en prøve.",
    "reached": "nået", "not_tried": "ikke prøvet inden for {wait} s",
    "nobody_tried": "ingen har prøvet: kører mappens gateway, og er ingen alarm åben?",
    "machine_zone": "ingen er valgt: den maskines, hvor gatewayen kører",
    "no_zone": "en tidszone skrives som Europe/Copenhagen, og denne maskine skal kende den",
}
_EN = {
    "no_gateway": "no gateway answers on port {port}; start one with: kald gateway",
    "no_token": "{said}: name the gateway's folder with --data, as its own user",
    "alarms": "alarms", "real": "real", "false": "false", "test": "tests", "not_said": "not said",
    "cancelled": "questions called off", "taken_median": "to taken, median", "taken_p95": "to taken, 95 %",
    "there_median": "to there, median", "there_p95": "to there, 95 %", "untaken": "never taken",
    "tests": "shift tests", "tests_said": "{done} done, {partial} not passed whole, {missed} missed",
    "alone": "hours alone", "late": "heard late", "late_said": "{count} at {place}", "practised": "have practised",
    "comma": ".",
    "in_force": "{count} plans are in force; alarms that are open keep the one they began with.",
    "cannot_read": "cannot read the plan {path}: {why}",
    "no_such_address": "{path}: step {step} of {part}: an address that begins with {kind!r} is not one that "
                       "Apprise can send to",
    "nobody_named": "the plan in force notifies nobody, and names no siren and no webhook",
    "trying": "{count} are being tried; whoever gets a message is told that it is a test.",
    "reached": "reached", "not_tried": "not tried within {wait} s",
    "nobody_tried": "nobody tried: is the gateway of this folder running, and is no alarm open?",
    "machine_zone": "none is set: that of the machine on which the gateway runs",
    "no_zone": "a zone is written as Europe/Copenhagen, and this machine must know it",
}
WORDS = {"da": _DA, "en": _EN}
