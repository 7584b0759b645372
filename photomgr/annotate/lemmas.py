"""Words as a dictionary lists them: lower case, singular, infinitive. English, by rule, with the common exceptions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_EMPTY = """a an the this that these those some any each every all both another other others such same several many much
    few more most no not only own i me my we us our you your he him his she her hers it its they them their theirs
    who whom whose which what where when why how is are was were be been being am do does did done doing have has
    had having can could will would shall should may might must of in on at by for with from to into onto over
    under up down out off about above below between through during before after against along across around behind
    near next beside besides inside within without upon toward towards and or but nor so yet if because while than
    as then there here very too also just s t d ll re ve m u w/ appear appears seem seems look looks looking one
    something someone various like get gets getting make makes making go goes going take takes taking put puts
    show shows showing photo photograph picture image shot view scene thing way lot bunch kind type piece front back
    side top bottom left right middle part area background foreground else while together away two three four five
    six seven eight nine ten first second use try past lay set number object tell ever"""
STOP: frozenset[str] = frozenset(_EMPTY.split())
"""Words that say nothing of what a photo shows."""

_AS_THEY_ARE = """glass grass dress bus gas lens canvas christmas tennis asparagus cactus octopus hippopotamus walrus
    virus circus
    campus citrus hibiscus lotus papyrus platypus is this his its us as was has yes less species series swiss chess
    across mass moss boss cross class loss kiss pass press mess brass bass harness wilderness fitness business
    darkness wedding building clothing ceiling morning evening railing lightning string king ring spring wing thing
    swing being during nothing something anything everything sing bring sibling duckling dumpling pudding earring
    icing frosting topping dressing lighting bedding landing crossing sling wing red bed bred sled shed weed seed
    feed speed reed need breed bleed greed tweed deed hundred naked sacred wicked rugged jagged ragged aged beloved
    bead bread shoestring herring darling sterling awning pudding stuffing siding sidling paris texas kansas
    dallas bagpipes news always perhaps sometimes besides upstairs downstairs indoors outdoors sunglasses jeans
    shorts pants trousers scissors binoculars goggles headphones pajamas tights leggings overalls clothes glasses
    stairs steps species overpass underpass eyeglass hourglass compass atlas trellis iris ibis pelvis basis oasis
    tights mattress actress waitress princess hostess mistress fortress cypress express congress buddhist"""
_WHOLE: frozenset[str] = frozenset(_AS_THEY_ARE.split())
"""Words that only look like a plural or a participle."""

_ODD: dict[str, str] = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "persons": "person", "kids": "child",
    "kid": "child", "feet": "foot", "teeth": "tooth", "geese": "goose", "mice": "mouse", "oxen": "ox", "wolves": "wolf",
    "leaves": "leaf", "knives": "knife", "wives": "wife", "lives": "life", "shelves": "shelf", "scarves": "scarf",
    "calves": "calf", "loaves": "loaf", "halves": "half", "hooves": "hoof", "elves": "elf", "thieves": "thief",
    "policemen": "policeman", "firemen": "fireman", "fishermen": "fisherman", "snowmen": "snowman",
    "cacti": "cactus", "buses": "bus", "busses": "bus", "gases": "gas", "lenses": "lens", "heroes": "hero",
    "potatoes": "potato", "tomatoes": "tomato", "mosquitoes": "mosquito", "cookies": "cookie", "movies": "movie",
    "ties": "tie", "pies": "pie", "selfies": "selfie", "zombies": "zombie", "hoodies": "hoodie", "horses": "horse",
    "houses": "house", "noses": "nose", "roses": "rose", "hoses": "hose", "vases": "vase", "cases": "case",
    "bases": "base", "purses": "purse", "nurses": "nurse", "blouses": "blouse", "axes": "axe", "shoes": "shoe",
    "canoes": "canoe", "toes": "toe", "hoes": "hoe", "dying": "die", "lying": "lie", "tying": "tie", "lay": "lie",
    "sat": "sit", "ran": "run", "swam": "swim", "rode": "ride", "ridden": "ride", "wore": "wear", "worn": "wear",
    "held": "hold", "stood": "stand", "ate": "eat", "eaten": "eat", "drank": "drink", "drove": "drive",
    "driven": "drive", "threw": "throw", "thrown": "throw", "caught": "catch", "flew": "fly", "flown": "fly",
    "slept": "sleep", "wrote": "write", "written": "write", "sang": "sing", "fell": "fall", "fallen": "fall",
    "rose": "rose", "took": "take", "taken": "take", "gave": "give", "given": "give", "broken": "broken",
    "made": "make", "built": "build", "hung": "hang", "lit": "light", "laid": "lie", "fought": "fight",
    "swung": "swing", "slid": "slide", "blew": "blow", "blown": "blow", "grew": "grow", "grown": "grow",
    "grey": "gray", "colour": "color", "colourful": "colorful", "theatre": "theater", "centre": "center",
    "grandma": "grandmother", "granny": "grandmother", "grandpa": "grandfather", "mom": "mother", "mum": "mother",
    "mommy": "mother", "dad": "father", "daddy": "father", "puppies": "puppy", "bike": "bicycle", "bikes": "bicycle",
    "biking": "bicycle", "tv": "television", "airplanes": "airplane", "plane": "airplane", "planes": "airplane",
    "aeroplane": "airplane", "fridge": "refrigerator", "motorbike": "motorcycle", "motorbikes": "motorcycle",
    "doggy": "dog", "kitty": "kitten", "couches": "couch", "sofa": "couch", "sofas": "couch", "guy": "man",
    "guys": "man", "lady": "woman", "ladies": "woman", "skiing": "ski", "skis": "ski", "skies": "sky",
    "striped": "stripe", "wearing": "wear", "sunglass": "sunglasses", "eyeglasses": "glasses", "pj": "pajamas",
    "pyjamas": "pajamas",
    "cloths": "cloth", "outdoor": "outdoors", "indoor": "indoors", "bbq": "barbecue", "autumn": "autumn",
    "doughnuts": "donut", "doughnut": "donut", "donuts": "donut", "lego": "lego", "oceans": "ocean",
}  # fmt: skip
"""Irregular forms, and names of the same thing under which photos are as often looked for."""

_WORD = re.compile(r"[a-z]{2,}")


def tokens(text: str) -> list[str]:
    """The words of a text that have two letters or more: lower case, no accents, no possessive's s."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _WORD.findall(re.sub(r"['’]s?\b", " ", plain))


def possible(word: str) -> tuple[str, ...]:
    """The dictionary forms that one lower-case word may have, itself first; only one where there is no doubt."""
    if word in _ODD:
        return (_ODD[word],)
    if word in _WHOLE or len(word) < 4:
        return (word,)
    stems = [stem for ending, stems_of in _ENDINGS if word.endswith(ending) for stem in stems_of(word)]
    return (word, *(_ODD.get(stem, stem) for stem in stems if len(stem) > 1))


def lemma(word: str, weight: Callable[[str], float]) -> str:
    """The dictionary form of a word: the heaviest possible one, the word itself where none is nearly as usual.

    ``weight`` says how often a word is met. Plurals give way to singulars even where they are the more usual.
    """
    first, *stems = possible(word)
    best = max(stems, key=weight, default=first)
    return best if weight(best) > 0.02 * weight(first) else first


def _plural(word: str) -> list[str]:
    if word.endswith(("ss", "us", "is")):
        return []
    if word.endswith("ies") and len(word) > 4:
        return [word[:-3] + "y"]
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return [word[:-2], word[:-1]]
    return [word[:-1]]


def _verb(ending: str) -> Callable[[str], list[str]]:
    def stems(word: str) -> list[str]:
        stem = word.removesuffix(ending)
        if not any(letter in "aeiouy" for letter in stem):
            return []
        found = [stem, stem + "e"]
        if len(stem) > 2 and stem[-1] == stem[-2]:
            found.append(stem[:-1])
        if ending == "ed" and stem.endswith("i"):
            found.append(stem[:-1] + "y")
        return found

    return stems


_ENDINGS: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    ("s", _plural), ("ing", _verb("ing")), ("ed", _verb("ed")),
)  # fmt: skip
