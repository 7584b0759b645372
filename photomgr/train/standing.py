"""One table of all protocols: what was published, what plain work gives, what was aimed at, what the published systems
reach as they were rebuilt here, and ours.

Floors and targets are those that this project set itself before it began; the rest is read from what the
evaluation measured. What could not be measured here keeps its row and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from photomgr.train.bench import Outcome
from photomgr.train.figures import Row
from photomgr.train.pace import Pace
from photomgr.train.systems import (
    context,
    fused,
    late,
    neighbours,
    online,
    places,
    presence,
    refinement,
    reviewer,
    tagger,
)


@dataclass(frozen=True)
class Goal:
    """One protocol: ``floor`` and ``target`` are None where none was set; ``rising``: more is better."""

    protocol: str
    published: str = ""
    floor: float | None = None
    target: float | None = None
    rising: bool = True
    digits: int = 3


@dataclass(frozen=True)
class Standing:
    """A goal with what is ``ours``, None where ``note`` says why there is nothing.

    ``others``: what published systems reach on the same, as rebuilt here, by letter, or letter and part.
    """

    goal: Goal
    ours: float | None
    note: str = ""
    others: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> str:
        """*target*, *floor*, *below*, or nothing where there is nothing to compare."""
        if self.ours is None:
            return ""
        for name, mark in (("target", self.goal.target), ("floor", self.goal.floor)):
            if mark is not None and (self.ours >= mark if self.goal.rising else self.ours <= mark):
                return name
        return "below" if self.goal.floor is not None or self.goal.target is not None else ""

    def as_json(self) -> dict[str, object]:
        """The row of ``--json``."""
        goal = self.goal
        return {
            "protocol": goal.protocol, "published": goal.published, "floor": goal.floor, "target": goal.target,
            "systems": dict(self.others), "ours": self.ours, "reached": self.reached, "note": self.note,
        }  # fmt: skip

    def cells(self) -> list[str]:
        """The row as texts: those of ``HEAD``."""

        def number(value: float | None) -> str:
            return "" if value is None else f"{value:.{self.goal.digits}f}"

        goal = self.goal
        others = ", ".join(f"{name} {number(value)}" for name, value in self.others.items())
        return [
            goal.protocol, goal.published or "–", others, number(goal.floor), number(goal.target),
            number(self.ours) or "–", self.reached, self.note,
        ]  # fmt: skip


NOT_ASKED: Final = "not asked for"
_CALIBRATED: Final = "MIRFLICKR's 24 concepts only, no other tag"
HEAD: Final = ("protocol", "published", "systems here", "floor", "target", "ours", "reached", "note")


def standings(
    ours: Mapping[str, float],
    systems: Mapping[str, Outcome],
    pace: Pace,
    noise: Mapping[str, float],
    worst: str = "",
) -> list[Standing]:
    """Every protocol of the project's table.

    ``ours``: the network's figures; ``noise``: see :func:`figures.noise`; ``worst``: the tag calibrated worst.
    """
    return [
        *_accuracy(ours, systems, noise, worst), *_claims(systems), *_modalities(systems), *_tagger(systems),
        *_places(systems), *_online(systems), *_pace(pace), *_refinement(systems), *_context(systems),
        *_reviewer(systems), *_objects(systems),
        Standing(
            Goal("photos of 4 to 12 megapixels and 500 px web photos: no drop against 128 px"), None,
            "no labelled set of such photos is at hand",
        ),
    ]  # fmt: skip


def _accuracy(
    ours: Mapping[str, float], systems: Mapping[str, Outcome], noise: Mapping[str, float], worst: str
) -> list[Standing]:
    goals = {
        "macro_map_24": Goal(
            "MIRFLICKR, 24 concepts: macro mAP", "0.81 (B, averaging unstated)", 0.775, 0.80
        ),
        "micro_ap_24": Goal("MIRFLICKR, 24 concepts: micro AP", "", 0.862, 0.875),
        "hamming_24": Goal("MIRFLICKR, 24 concepts: Hamming loss", "", 0.066, 0.063, rising=False),
        "suggestion_error": Goal("calibration error of suggestions", "", None, 0.03, rising=False),
        "suggestion_error_mean_tag": Goal(
            "calibration error of suggestions, mean of tags with 200 positives", rising=False
        ),
        "suggestion_error_worst_tag": Goal(
            "calibration error of suggestions, worst tag with 200 positives", "", None, 0.08, rising=False
        ),
    }
    if "macro_map_24" not in ours:  # labels that others leave out may be there all the same
        return [Standing(goal, None, NOT_ASKED) for goal in goals.values()]
    notes = {key: f"chance alone would give {value:.3f}" for key, value in noise.items()}
    if worst and (key := "suggestion_error_worst_tag") in notes:
        notes[key] = f"{worst}; {notes[key]} for some tag"
    notes |= {
        key: "; ".join(filter(None, (_CALIBRATED, notes.get(key)))) for key in goals if "suggestion" in key
    }
    rows = {"A": neighbours.HEADLINE, "B": tagger.HEADLINE, "E": fused.HAND_MADE}
    return [
        Standing(goal, ours.get(key), notes.get(key, "") if key in ours else "too few photos",
                 {} if "suggestion" in key else _others(systems, key, rows))
        for key, goal in goals.items()
    ]  # fmt: skip


def _others(systems: Mapping[str, Outcome], key: str, rows: Mapping[str, str]) -> dict[str, float]:
    """One figure of several rows, where they are there; ``rows`` by what they are called, its first word the letter."""
    found = {called: _row(systems, called.split(",")[0], name)[0].get(key) for called, name in rows.items()}
    return {called: value for called, value in found.items() if value is not None}


def _row(systems: Mapping[str, Outcome], letter: str, name: str) -> tuple[Row, str]:
    """A row of a system, or the sentence that says why it is not there."""
    outcome = systems.get(letter)
    if outcome is None:
        return {}, NOT_ASKED
    row = outcome.rows.get(name)
    return (row, "") if row else ({}, outcome.problem or "what it needs is not at hand")


def _claims(systems: Mapping[str, Outcome]) -> list[Standing]:
    """What system A claims, by its rows here; a claim is no goal of ours."""
    found = []
    for claim in neighbours.CLAIMS:
        row, why = _row(systems, "A", neighbours.claimed(claim))
        goal = Goal(f"neighbours: {claim}, macro mAP gained", "claimed (A)")
        told = ("reproduced here" if row["reproduced"] else "refuted here") if row else ""
        found.append(Standing(goal, row.get("gain"), why or told))
    return found


def _modalities(systems: Mapping[str, Outcome]) -> list[Standing]:
    row, why = _row(systems, "E", fused.HEADLINE)
    goal = Goal(
        "Hamming loss of the fused modalities, of ML-kNN's", "0.53 to 0.60 (E)", 0.58, 0.50, rising=False
    )
    others = _others(systems, fused.BY_ML_KNN, {"E": fused.HAND_MADE})
    return [Standing(goal, row.get(fused.BY_ML_KNN), why, others), _late(systems)]


def _late(systems: Mapping[str, Outcome]) -> Standing:
    """What the network's own fusion is worth, on the same photos."""
    key = "macro_map_24"
    row, why = _row(systems, "E", late.FUSED)
    own, _ = _row(systems, "E", late.OWN)
    error, _ = _row(systems, "E", late.ERROR)
    goal = Goal("late fusion in the shipped network: macro mAP", "", own.get(key), None, digits=4)
    told = ""
    if key in error:
        told = f"the floor is the network's own head; standard error of the difference {error[key]:.4f}"
    return Standing(goal, row.get(key), why or told)


def _tagger(systems: Mapping[str, Outcome]) -> list[Standing]:
    row, why = _row(systems, "B", tagger.HEADLINE)
    spread = row.get("gain_spread")
    gain = Goal(
        "TaggerNet + words + objects: recall at equal precision, points gained",
        '"more content" (B)', spread and 200 * spread, 5.0, digits=1,
    )  # fmt: skip
    told = (
        ""
        if spread is None
        else f"spread over {tagger.SEEDS} seeds {100 * spread:.1f}; the floor is twice that"
    )
    parts = _others(systems, "recall_gain", {"B, words": tagger.WORDS, "B, objects": tagger.OBJECTS})
    found = [
        Standing(
            gain, row["recall_gain"] * 100 if row else None, why or told,
            {name: 100 * value for name, value in parts.items()},
        )
    ]  # fmt: skip
    for kind in ("words", "concepts"):
        mapped, why = _row(systems, "B", f"zero-shot {kind}: the map")
        goal = Goal(
            f"zero-shot {kind}, at most 5 % of the photos: mean AP over chance", "", 3.0, 6.0, digits=1
        )
        key = "mean_ap_over_chance"
        alone = _others(systems, key, {"B, nearest word": f"zero-shot {kind}: nearest word alone"})
        found.append(Standing(goal, mapped.get(key), why, alone))
    return found


def _places(systems: Mapping[str, Outcome]) -> list[Standing]:
    """Where things are. A centre box is the least that a box must beat."""
    found = []
    for key, text in (("pointing", "how often the point lies in the thing"), ("iou", "overlap with its box")):
        row, why = _row(systems, "B", places.HEAT)
        least, _ = _row(systems, "B", places.CENTRE)
        goal = Goal(f"where things are, by the network's heat: {text}", "", least.get(key), None)
        exact = _others(systems, key, {"B, YOLOX-nano": places.EXACT})
        told = "the floor is a box in the middle" if least else ""
        seen = _seen(systems, row, key)
        found.append(Standing(goal, row.get(key), why or "; ".join(filter(None, (told, seen))), exact))
    return found


def _seen(systems: Mapping[str, Outcome], row: Row, key: str) -> str:
    """How many of the objects lie on photos that were trained on, and the figure on the others."""
    if "objects" not in row:
        return ""
    unseen, _ = _row(systems, "B", places.HEAT + places.UNSEEN)
    whole, out = int(row["objects"]), int(unseen.get("objects", 0))
    text = f"{whole - out} of {whole} objects lie on photos that training saw"
    return f"{text}; on the other {out}: {unseen[key]:.3f}" if out else text


def _refinement(systems: Mapping[str, Outcome]) -> list[Standing]:
    found = []
    for share in refinement.SHARES:
        begin = f"{share:.0%} corrupted, "
        row, why = _row(systems, "C", begin + refinement.OURS)
        names = {"C": begin + refinement.LOW_RANK, "C, uncorrected": begin + refinement.GIVEN}
        others = _others(systems, "f1", names)
        floor = max(others.values(), default=None)
        goal = Goal(f"tags with {share:.0%} corrupted, corrected: F1", "", floor, None)
        found.append(
            Standing(goal, row.get("f1"), why or "the floor is the better of the two beside it", others)
        )
    return found


def _context(systems: Mapping[str, Outcome]) -> list[Standing]:
    """With circumstances against without, in the way that a library learns."""
    row, why = _row(systems, "context", f"{context.LEARNT}: {context.ALL}")
    without, _ = _row(systems, "context", f"{context.LEARNT}: {context.NONE}")
    goal = Goal(
        "context in a constructed library of events: macro mAP", "", without.get("macro_map_24"), None
    )
    return [Standing(goal, row.get("macro_map_24"), why or "the floor is the same without context")]


def _online(systems: Mapping[str, Outcome]) -> list[Standing]:
    row, why = _row(systems, "D", online.HEADLINE)
    first = Goal("Tiny ImageNet, 40 a class one at a time: top-1", "0.561 (D, 500 a class)", 0.612, 0.68)
    fifth = Goal("Tiny ImageNet, 40 a class one at a time: top-5", "", 0.819, 0.87)
    few, missing = _row(systems, "D", online.FEW_FULL)
    eight, _ = _row(systems, "D", online.FEW_EIGHT)
    lost = abs(few["top_1"] - eight["top_1"]) * 100 if few and eight else None
    paired = Goal("Tiny ImageNet, the same photos in 8 bits: points of top-1 lost or won", "0.4 (D)",
                  None, 0.5, rising=False, digits=2)  # fmt: skip
    if missing and missing != NOT_ASKED:
        missing = "the network in full precision is not at hand"
    own = {"D": online.PUBLISHED}
    return [
        Standing(first, row.get("top_1"), why, _others(systems, "top_1", own)),
        Standing(fifth, row.get("top_5"), why, _others(systems, "top_5", own)),
        Standing(paired, lost, missing),
    ]  # fmt: skip


def _pace(pace: Pace) -> list[Standing]:
    eight = Goal(
        "8 bits: times faster at equal accuracy, one core", "4.2 (D, on a phone)", 1.9, 3.0, digits=2
    )
    whole = Goal("one photo, one core: all modalities against the plain network, times", "", 1.5, 1.2,
                 rising=False, digits=2)  # fmt: skip
    return [Standing(eight, pace.eight_bit, pace.note), Standing(whole, pace.modalities, pace.why)]


def _reviewer(systems: Mapping[str, Outcome]) -> list[Standing]:
    found = []
    bounds = {
        reviewer.CONCEPTS_ROW: ("network", reviewer.BOUND_ROW),
        reviewer.WORDS_ROW: ("linear model", reviewer.WORDS_BOUND_ROW),
    }
    for name in bounds:
        row, why = _row(systems, "reviewer", name)
        goal = Goal(
            f"a reviewer finds 90 % of a new rare tag: looks against random order, {name}", "", 1 / 3, 1 / 6,
            rising=False,
        )  # fmt: skip
        who, taught = bounds[name]
        bound, _ = _row(systems, "reviewer", taught)
        note = f"in the order of a {who} that was taught them: {bound['share']:.3f}" if bound else ""
        found.append(Standing(goal, row.get("share"), why or note))
    return found


def _objects(systems: Mapping[str, Outcome]) -> list[Standing]:
    alone = Goal("presence of COCO's 80 classes, the shipped network: mean AP",
                 "teachers by name 0.29 to 0.39", 0.39, 0.55)  # fmt: skip
    both = Goal(
        "presence of COCO's 80 classes, YOLOX-nano dropped in: mean AP",
        "YOLOX-nano, trained on COCO: 0.71",
        0.71,
        0.75,
    )
    found = []
    for name, goal in ((presence.OURS, alone), (presence.BOTH, both)):
        row, why = _row(systems, "objects", name)
        exact, _ = _row(systems, "objects", presence.EXACT)
        others = {"YOLOX-nano": exact["mean_ap"]} if exact else {}
        found.append(Standing(goal, row.get("mean_ap"), why, others))
    return found


def lines(rows: Sequence[Standing]) -> list[str]:
    """The table for a terminal, without what nobody asked for."""
    texts = [row.cells() for row in rows if row.ours is not None or row.note != NOT_ASKED]
    wide = [max(len(HEAD[n]), *(len(text[n]) for text in texts)) for n in range(len(HEAD) - 1)]

    def line(cells: Sequence[str]) -> str:
        return "  ".join([f"{cell:<{width}}" for cell, width in zip(cells, wide, strict=False)] + [cells[-1]])

    return [line(HEAD).rstrip(), *(line(text).rstrip() for text in texts)]


def markdown(rows: Sequence[Standing]) -> list[str]:
    """The table for the card."""
    table: list[Any] = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return ["| " + " | ".join(cells) + " |" for cells in table]
