"""In which words are places and plans of floors entered, and refused? Danish and English."""

from tools import spoken
from tools.gateway.pages import by_language

BOTH = {  # key: Danish, English
    "places": ("Steder og plantegninger", "Places and floor plans"),
    "verb_place": ("stedet er gemt", "the place is kept"),
    "verb_no_place": ("stedet er fjernet", "the place is removed"),
    "verb_forget_place": ("det lærte er glemt", "what was learnt is forgotten"),
    "verb_floor_plan": ("plantegningen er gemt", "the floor's plan is kept"),
    "verb_no_floor_plan": ("plantegningen er fjernet", "the floor's plan is removed"),
    "places_hint": ("Et sted er det, en kollega løber efter: navn, etage, og hvordan man kommer ind. Hvad en brik "
        "hører der, læres ved at gå rundt med den: kald range --places.",
        "A place is what a colleague runs for: its name, its floor, and how to get in. What a badge hears there is "
        "learnt by walking around with one: kald range --places."),
    "place_name": ("Navn", "Name"), "place_floor": ("Etage (0 er stuen)", "Floor (0 is the ground floor)"),
    "place_area": ("Del af etagen", "Part of the floor"),
    "place_way": ("Hvordan kommer man ind?", "How does one get in?"),
    "place_x": ("Meter fra venstre", "Metres from the left"), "place_y": ("Meter fra oven", "Metres from the top"),
    "place_save": ("Gem stedet", "Keep the place"), "place_new": ("Nyt sted", "New place"),
    "place_remove": ("Fjern stedet", "Remove the place"), "place_forget": ("Glem det lærte", "Forget what was learnt"),
    "place_sure": ("Fjern stedet, og hvad der er lært om det?", "Remove the place, and what was learnt of it?"),
    "forget_sure": ("Glem, hvad der er lært om stedet?", "Forget what was learnt of the place?"),
    "place_learnt": ("lært {n} gange", "learnt {n} times"),
    "place_unlearnt": ("IKKE LÆRT: findes ikke ved en alarm", "NOT LEARNT: not found in an alarm"),
    "floor": ("Etage {floor}", "Floor {floor}"),
    "no_floor_plan": ("Ingen plantegning af denne etage", "No plan of this floor"),
    "plan_floor": ("Plantegning af etagen", "The floor's plan"),
    "plan_of": ("Plantegning, etage {floor}: {places}", "Plan of floor {floor}: {places}"),
    "pick": ("Peg på stedet på plantegningen, eller skriv metrene.",
        "Point at the place on the plan, or type the metres."),
    "plan_file": ("PNG eller SVG", "PNG or SVG"), "plan_wide": ("Bredde i meter", "Width in metres"),
    "plan_high": ("Højde i meter", "Height in metres"), "plan_upload": ("Gem plantegningen", "Keep the plan"),
    "plan_away": ("Fjern plantegningen", "Remove the plan"),
    "plan_sure": ("Fjern plantegningen af denne etage?", "Remove the plan of this floor?"),
    "place_other": ("Stedet er ændret af en anden siden. Genindlæs siden, og ret igen.",
        "Somebody else has changed the place since. Load the page again, and edit it there."),
    "place_gone": ("Stedet er der ikke mere. Genindlæs siden.",
        "The place is not there any more. Load the page again."),
    "place_used": ("Et andet sted hedder allerede {name}.", "Another place is already called {name}."),
    "place_text": ("{what} skal være en tekst på {least} til {most} tegn, som kan skrives ud.",
        "{what} must be a text of {least} to {most} letters that can be printed"),
    "place_metres": ("{what} skal være et tal fra 0 til {most}.", "{what} must be a number from 0 to {most}"),
    "places_most": ("Et hus har højst {most} steder.", "a house has {most} places at most"),
    "place_both": ("Et sted på plantegningen har begge tal, eller ingen.",
        "a place on the plan has both numbers, or none"),
    "plan_large": ("En plantegning fylder højst {most} MB, og denne mere.",
        "a floor's plan has {most} MB at most, and this has more"),
    "plan_cut": ("Denne PNG er ikke hel.", "that PNG is cut short"),
    "plan_pixels": ("En plantegning har højst {most} punkter på hver led, og denne {wide} gange {high}.",
        "a floor's plan has {most} pixels along a side at most, this {wide} by {high}"),
    "plan_kind": ("En plantegning er en PNG eller en SVG, uden dokumenttype.",
        "a floor's plan is a PNG or an SVG, without a document type"),
    "plan_shapes": ("En plantegning har højst {most} figurer.", "a floor's plan has {most} shapes at most"),
    "plan_deep": ("Figurerne ligger mere end hundrede dybt i hinanden.",
        "the shapes of a floor's plan lie within each other more than a hundred deep"),
    "plan_size": ("En plantegning viser mere end 0 og højst {most} m.",
        "a floor's plan shows more than 0 and at most {most} m"),
}
WORDS = by_language(BOTH)


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
