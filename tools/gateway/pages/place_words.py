"""In which words are places and plans of floors entered, and refused? Danish and English."""

from tools import spoken

DA = {
    "places": "Steder og plantegninger", "verb_place": "stedet er gemt", "verb_no_place": "stedet er fjernet",
    "verb_forget_place": "det lærte er glemt", "verb_floor_plan": "plantegningen er gemt",
    "verb_no_floor_plan": "plantegningen er fjernet",
    "places_hint": "Et sted er det, en kollega løber efter: navn, etage, og hvordan man kommer ind. Hvad en brik hører "
                   "der, læres ved at gå rundt med den: kald range --places.",
    "place_name": "Navn", "place_floor": "Etage (0 er stuen)", "place_area": "Del af etagen", "place_way":
    "Hvordan kommer man ind?", "place_x": "Meter fra venstre", "place_y": "Meter fra oven", "place_save": "Gem stedet",
    "place_new": "Nyt sted", "place_remove": "Fjern stedet", "place_forget": "Glem det lærte",
    "place_sure": "Fjern stedet, og hvad der er lært om det?", "forget_sure": "Glem, hvad der er lært om stedet?",
    "place_learnt": "lært {n} gange", "place_unlearnt": "IKKE LÆRT: findes ikke ved en alarm", "floor": "Etage {floor}",
    "no_floor_plan": "Ingen plantegning af denne etage", "plan_floor": "Plantegning af etagen",
    "plan_of": "Plantegning, etage {floor}: {places}", "pick": "Peg på stedet på plantegningen, eller skriv metrene.",
    "plan_file": "PNG eller SVG", "plan_wide": "Bredde i meter", "plan_high": "Højde i meter",
    "plan_upload": "Gem plantegningen", "plan_away": "Fjern plantegningen",
    "plan_sure": "Fjern plantegningen af denne etage?",
    "place_other": "Stedet er ændret af en anden siden. Genindlæs siden, og ret igen.", "place_gone":
    "Stedet er der ikke mere. Genindlæs siden.", "place_used": "Et andet sted hedder allerede {name}.",
    "place_text": "{what} skal være en tekst på {least} til {most} tegn, som kan skrives ud.",
    "place_metres": "{what} skal være et tal fra 0 til {most}.", "places_most": "Et hus har højst {most} steder.",
    "place_both": "Et sted på plantegningen har begge tal, eller ingen.",
    "plan_large": "En plantegning fylder højst {most} MB, og denne mere.", "plan_cut": "Denne PNG er ikke hel.",
    "plan_pixels": "En plantegning har højst {most} punkter på hver led, og denne {wide} gange {high}.",
    "plan_kind": "En plantegning er en PNG eller en SVG, uden dokumenttype.",
    "plan_shapes": "En plantegning har højst {most} figurer.",
    "plan_deep": "Figurerne ligger mere end hundrede dybt i hinanden.",
    "plan_size": "En plantegning viser mere end 0 og højst {most} m.",
}
EN = {
    "places": "Places and floor plans", "verb_place": "the place is kept", "verb_no_place": "the place is removed",
    "verb_forget_place": "what was learnt is forgotten", "verb_floor_plan": "the floor's plan is kept",
    "verb_no_floor_plan": "the floor's plan is removed",
    "places_hint": "A place is what a colleague runs for: its name, its floor, and how to get in. What a badge hears "
                   "there is learnt by walking around with one: kald range --places.",
    "place_name": "Name", "place_floor": "Floor (0 is the ground floor)", "place_area": "Part of the floor",
    "place_way": "How does one get in?", "place_x": "Metres from the left", "place_y": "Metres from the top",
    "place_save": "Keep the place", "place_new": "New place", "place_remove": "Remove the place",
    "place_forget": "Forget what was learnt", "place_sure": "Remove the place, and what was learnt of it?",
    "forget_sure": "Forget what was learnt of the place?", "place_learnt": "learnt {n} times",
    "place_unlearnt": "NOT LEARNT: not found in an alarm", "floor": "Floor {floor}",
    "no_floor_plan": "No plan of this floor", "plan_floor": "The floor's plan",
    "plan_of": "Plan of floor {floor}: {places}", "pick": "Point at the place on the plan, or type the metres.",
    "plan_file": "PNG or SVG", "plan_wide": "Width in metres", "plan_high": "Height in metres",
    "plan_upload": "Keep the plan", "plan_away": "Remove the plan", "plan_sure": "Remove the plan of this floor?",
    "place_other": "Somebody else has changed the place since. Load the page again, and edit it there.",
    "place_gone": "The place is not there any more. Load the page again.",
    "place_used": "Another place is already called {name}.",
    "place_text": "{what} must be a text of {least} to {most} letters that can be printed",
    "place_metres": "{what} must be a number from 0 to {most}", "places_most": "a house has {most} places at most",
    "place_both": "a place on the plan has both numbers, or none",
    "plan_large": "a floor's plan has {most} MB at most, and this has more", "plan_cut": "that PNG is cut short",
    "plan_pixels": "a floor's plan has {most} pixels along a side at most, this {wide} by {high}",
    "plan_kind": "a floor's plan is a PNG or an SVG, without a document type",
    "plan_shapes": "a floor's plan has {most} shapes at most",
    "plan_deep": "the shapes of a floor's plan lie within each other more than a hundred deep",
    "plan_size": "a floor's plan shows more than 0 and at most {most} m",
}
WORDS = {"da": DA, "en": EN}


class Wrong(ValueError):
    """What of a place or a plan is not right: a key of these words. str() says it as the command line speaks."""

    def __init__(self, key: str, **more: object):
        super().__init__(key, more)
        self.key, self.more = key, more

    def said(self, lang: str) -> str:
        """Return the sentence in `lang`; {what} is a key, too."""
        words = WORDS[lang]
        more = {name: words.get(str(value), value) if name == "what" else value for name, value in self.more.items()}
        return words[self.key].format(**more)

    def __str__(self) -> str:
        return self.said(spoken.language())
