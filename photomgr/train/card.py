"""The card of an exported network, written by the program: ``card.toml`` for it, ``CARD.md`` for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

from photomgr.annotate.words import FILE as WORDS
from photomgr.core.errors import ModelError
from photomgr.train.backbones import EDGETPU, SHIPPED
from photomgr.train.exhibits import Exhibits
from photomgr.train.graph import SECOND_SHARE
from photomgr.train.modalities.joined import Ablation
from photomgr.train.pair import SHARE
from photomgr.train.recipe import Recipe
from photomgr.train.standing import markdown

_CITED = (
    ("mirflickr", "MIRFLICKR-25000, M. J. Huiskes and M. S. Lew, MIR 2008 (photos 1 to 16000)"),
    ("flickr8k", "Flickr8k, M. Hodosh, P. Young and J. Hockenmaier, JAIR 2013"),
    ("coco_unlabelled", "COCO 2014 photos without their labels, T.-Y. Lin et al., ECCV 2014"),
    ("tiny_imagenet", "Tiny ImageNet, Stanford CS231n, after ImageNet, J. Deng et al., CVPR 2009"),
    ("imagenet_samples", "one sample photo of each ImageNet class"),
    ("food", "Food-101, L. Bossard, M. Guillaumin and L. Van Gool, ECCV 2014"),
    ("caltech", "Caltech-101, L. Fei-Fei, R. Fergus and P. Perona, 2004"),
    ("intel", "Intel image classification (natural scenes)"),
    ("grocery", "Grocery Store, M. Klasson, C. Zhang and H. Kjellström, WACV 2019 (MIT)"),
    ("clothing", "clothing-dataset-small, A. Grigorev (CC0)"),
    ("houses", "Houses, E. Ahmed and M. Moustafa, 2016"),
    ("receipts", "ICDAR 2019 SROIE receipts"),
    ("sports", "sports photos of 22 disciplines"),
    ("pets", "photos of cats and dogs"),
    ("flowers", "photos of five flowers"),
    ("weather", "weather photos"),
    ("butterflies", "butterflies"),
    ("boxes", "photos with boxes of five classes, after PASCAL VOC"),
)

_LICENCE = "GPL-3.0-or-later; derived from weights under Apache-2.0"
_ORIGIN = (
    "All layers start from MobileNetEdgeTPU 1.0 (TensorFlow model garden, Apache-2.0), as dequantised from its"
    " published 8-bit network. Teachers: the same, the on-device object labeler with 631 labels (Apache-2.0),"
    " and EfficientNet-Lite2 (Apache-2.0) through heads on frozen features."
)
_PUBLISHED = {EDGETPU: "All layers start from MobileNetEdgeTPU 1.0 (TensorFlow model garden, Apache-2.0)."}
_ELSEWHERE = "All layers start from {name} (R. Liu 2020, Apache-2.0), as published for PyTorch"
_GONE_ON = " All layers of that network were trained on; what no label says, it taught itself."
_PANEL = (
    " EfficientNet-Lite2 (Apache-2.0) judged each view beside it,{heads} with its classes and its features."
)
_HEADS = " through heads for the concepts of MIRFLICKR,"
_UNKNOWN = "It begins with an earlier network, whose card is not at hand."
_BESIDE = (
    " That is the first body, and nothing of it has moved. Beside it stands a second one. {start} The first network and"
    " labels taught it."
)
_FIRST_EXHIBIT, _AFTER_EXHIBITS = "## Every protocol in one table", "## Photos it learned from"
_FURTHER = " The last training went on from the network as it shipped before, and had it for a teacher."


def origin(recipe: Recipe, before: str, concepts: bool) -> str:
    """Where a network comes from that is trained by the recipe. ``before``: the same of what it went on from or stands
    beside. ``concepts``: whether photos of MIRFLICKR taught it."""
    name = recipe.backbone or EDGETPU
    start = _PUBLISHED.get(name) or _ELSEWHERE.format(name=name) + "."
    panel = _PANEL.format(heads=_HEADS if concepts else "") if recipe.panel else ""
    if recipe.beside is not None:
        return (before or _UNKNOWN) + _BESIDE.format(start=start) + panel
    if name == SHIPPED:
        return (before or _UNKNOWN) + _GONE_ON + panel
    whole = _ORIGIN if name == EDGETPU else _ELSEWHERE.format(name=name) + ", and it is the teacher too."
    return whole + (_FURTHER if recipe.start is not None else "") + panel


@dataclass(frozen=True)
class Figures:
    """Measured figures of one network on one split of one set, with the command that measures them again."""

    set: str
    split: str
    photos: int
    network: str
    command: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Card:
    """Everything that ``card.toml`` says. ``speed``: photos a second on one core by name of the variant.

    ``sets``: the published ones that it was trained on, ``own``: those of the person.
    ``second``: side of a smaller copy of the photo that is looked at too, 0 for none; ``pair``: by a second body.
    ``before``: the card of what the training went on from, or of what the body stands beside, with the keys ``model``
    and ``training``; only its origin where that are weights.
    """

    name: str
    version: str
    file: str
    sha256: str
    size: int
    tags: int
    relevance: Sequence[str]
    embedding: int
    recipe: Recipe
    trained: str
    photos: int
    sets: Sequence[str]
    figures: Sequence[Figures] = ()
    speed: Mapping[str, float] = field(default_factory=dict)
    megabytes: Mapping[str, float] = field(default_factory=dict)
    exhibits: Exhibits | None = None
    modalities: Sequence[str] = ()
    fused: Sequence[str] = ()
    ablation: Sequence[Ablation] = ()
    full: str = ""
    second: int = 0
    pair: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    own: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """Write both files to ``folder``."""
        (folder / "card.toml").write_text(self._toml(), encoding="utf-8")
        (folder / "CARD.md").write_text(self._markdown(), encoding="utf-8")

    def for_adding(self, thresholds: Mapping[str, float]) -> str:
        """The card with which ``photomgr models add`` takes the network in; ``thresholds``: of its tags, in order."""
        source = {"version": self.version, "licence": _LICENCE, "origin": self._origin()}
        rounded = {tag: round(value, 3) for tag, value in thresholds.items()}
        lines = [
            "# Written by photomgr train export. photomgr models add model.onnx --card network.toml", "",
            "[network]", *_pairs({"name": "own", "kind": "tagger", **source}),
            "weight = 0.5  # beside the shipped network, until your decisions say more", "",
            "[input]", *_pairs({"name": "image", "size": self.size, "type": "uint8", "range": [0, 255]}), "",
            "[output]", *_pairs({"scores": "probabilities", "embedding": "embedding"}), "",
            "[labels]", *_pairs({"list": list(thresholds)}), "",
            "[thresholds]", *_pairs(rounded), "",
        ]  # fmt: skip
        return "\n".join(lines)

    def _looks(self) -> str:
        if not self.second:
            return ""
        if self.pair:
            return (
                f" Two bodies look, the first at all of it, the second at a copy of {self.second} x {self.second}"
                f" pixels. The second has {SHARE:.0%} of what the head says at first; the features of both"
                " stand behind each other."
            )
        return (
            f" It looks twice, at all of it and at a copy of {self.second} x {self.second} pixels, where large things"
            f" are as large as small ones in the other; the second look has {SECOND_SHARE:.0%} of the features."
        )

    def _origin(self) -> str:
        return origin(self.recipe, self.before.get("model", {}).get("origin", ""), "mirflickr" in self.sets)

    def _cited(self) -> list[str]:
        """Those sets first that the network before learnt from."""
        here = [*(text for name, text in _CITED if name in self.sets), *self.own]
        return list(dict.fromkeys([*self.before.get("training", {}).get("sets", []), *here]))

    def _owned(self) -> list[str]:
        return list(dict.fromkeys([*self.before.get("training", {}).get("own", []), *self.own]))

    def _toml(self) -> str:
        model = {
            "name": self.name, "version": self.version, "file": self.file, "sha256": self.sha256,
            "size": self.size, **({"second": self.second} if self.second else {}),
            "tags": self.tags, "relevance": list(self.relevance), "embedding": self.embedding,
            "input": "image: uint8 RGB pixels [N, 3, size, size], the whole photo squashed to a square",
            "look": "optional input, one boolean: True fills the output heat [N, tags, cells, cells]",
            "licence": _LICENCE, "origin": self._origin(),
        }  # fmt: skip
        if self.full:
            model["full_precision"] = self.full  # SHA-256 of the file that this one was made from
        if self.modalities:
            model["modalities"], model["fused"] = list(self.modalities), list(self.fused)
        lines = ["# Written by photomgr train export.", "", "[model]", *_pairs(model)]
        lines += [
            "",
            "[training]",
            *_pairs(
                {"weights": self.trained, "photos": self.photos, "sets": self._cited(), "own": self._owned()}
            ),
        ]
        recipe = asdict(self.recipe)
        if self.recipe.start is not None:
            recipe["start"] = Path(self.recipe.start).name  # where it lay is nobody's business
        if self.recipe.beside is not None:
            recipe["beside"] = Path(self.recipe.beside).name
        lines += _pairs(recipe)
        lines += ["", "[photos_a_second_on_one_core]", *_pairs(dict(self.speed))]
        lines += ["", "[megabytes]", *_pairs(dict(self.megabytes))]
        for part in self.figures:
            head = {key: value for key, value in asdict(part).items() if key != "values"}
            rounded = {key: round(value, 4) for key, value in part.values.items()}
            lines += ["", "[[figures]]", *_pairs(head), *_pairs(rounded)]
        return "\n".join(lines) + "\n"

    def _fusion(self) -> list[str]:
        """What each modality is worth, and which of them ship."""
        if not self.ablation:
            return []
        lines = [
            "", "## Modalities", "",
            f"{len(self.fused) or 'No'} concepts are fused from {', '.join(self.modalities) or 'the network alone'}:"
            " weights by exponentiated gradient on pairs of a right and a wrong concept of one photo, learnt on"
            " MIRFLICKR ids 16001 to 17000. The output `modalities` [N, M, C] holds the logit of each. *gain*: by how"
            " much the mean hinge on photos left out of learning the weights (five folds) falls with the modality"
            " among those that were still in. One ships that has 3 % of the weight and any gain; the hand-made ones are"
            " in `../handcrafted`, whether they ship or not.", "",
            "| modality | mAP alone | weight among all | gain | standard error | ships |", "|---|---|---|---|---|---|",
        ]  # fmt: skip
        for one in self.ablation:
            told = ["", ""] if isnan(one.gain) else [f"{one.gain:.4f}", f"{one.error:.4f}"]
            ships = "yes" if one.kept else "no"
            lines.append(
                f"| {one.name} | {one.alone:.3f} | {one.weight:.3f} | {told[0]} | {told[1]} | {ships} |"
            )
        return lines

    def _markdown(self) -> str:
        lines = [
            f"# {self.name} {self.version}", "",
            "Written by `photomgr train export`; no figure on this page was typed by hand.", "",
            f"A network of {self.tags} everyday tags for personal photos. Input: RGB, {self.size} x {self.size}"
            f" pixels, the whole photo squashed to a square.{self._looks()} Output: calibrated probabilities, an"
            f" embedding of {self.embedding} numbers, and how probable it is that each of {len(self.relevance)}"
            " concepts is the subject of the photo.", "",
            f"- file: `{self.file}`, {self.megabytes.get('shipped', 0):.1f} MB, SHA-256 `{self.sha256}`",
            *_words(self.megabytes),
            f"- licence: {_LICENCE}",
            f"- origin: {self._origin()}",
            f"- training: {self.trained}, seed {self.recipe.seed}, {self.photos} photos",
            *self._measured(),
            *self._fusion(),
            "", "## Speed", "", "Photos a second on one core of the machine that exported it:", "",
        ]  # fmt: skip
        lines += [
            f"- {name}: {value:.0f}" + (f" ({self.megabytes[name]:.1f} MB)" if name in self.megabytes else "")
            for name, value in self.speed.items()
        ]
        lines += [
            *(_exhibited(self.exhibits) if self.exhibits else []),
            "",
            _AFTER_EXHIBITS,
            "",
            "None of them is shipped; cite them when you build on this.",
            "",
        ]
        lines += [f"- {text}" for text in self._cited()]
        lines += [
            "", "## Limits", "",
            "Most training photos were small (64 to 256 pixels) and come from Flickr, ImageNet and web collections:"
            " everyday life in rich countries is over-represented. Tags of people are guesses about appearance, not"
            " about who somebody is. Tags with few held-out positives in `labels.csv` are the least reliable.", "",
        ]  # fmt: skip
        return "\n".join(lines)

    def _measured(self) -> list[str]:
        """The table of figures; nothing where there was nothing to measure on."""
        if not self.figures:
            return []
        keys = list(dict.fromkeys(key for part in self.figures for key in part.values))
        lines = ["", "## Figures", "", "| set | split | photos | network | " + " | ".join(keys) + " |"]
        lines.append("|---|---|---|---|" + "---|" * len(keys))
        for part in self.figures:
            cells = [f"{part.values[key]:.4f}" if key in part.values else "" for key in keys]
            lines.append(
                f"| {part.set} | {part.split} | {part.photos} | {part.network} | " + " | ".join(cells) + " |"
            )
        lines += ["", f"Seed {self.recipe.seed}. Commands:", ""]
        lines += [f"- `{command}`" for command in dict.fromkeys(part.command for part in self.figures)]
        return [
            *lines, "", "MIRFLICKR ids 16001 to 17000 fitted two calibration numbers and a threshold for each tag; the"
            " ids after 17000 were never fitted on at all.",
        ]  # fmt: skip


def exhibited(card: str, exhibits: Exhibits) -> str:
    """The text of a card with these exhibits instead of those that it has, if any.

    Raises ModelError for a text that this project did not write.
    """
    before, mark, after = card.partition(f"\n{_AFTER_EXHIBITS}\n")
    if not mark:
        raise ModelError("The card is none that photomgr train export wrote.")
    kept = before.partition(f"\n{_FIRST_EXHIBIT}\n")[0].rstrip("\n")
    return "\n".join([kept, *_exhibited(exhibits), "", _AFTER_EXHIBITS, after])


def _exhibited(exhibits: Exhibits) -> list[str]:
    """The systems' tables, the reviewer's curves and the plots, on the photos that nothing was fitted on."""
    lines = ["", _FIRST_EXHIBIT, "", "On ids 17001 to 20000 of MIRFLICKR where it says nothing"
             " else. *floor* is what plain work gives, *target* what was aimed at before the work began.", "",
             *markdown(exhibits.table)]  # fmt: skip
    lines += ["", "## Beside the published systems", "", "Each system as it was rebuilt here, on ids 17001 to 20000 of"
             " MIRFLICKR where it says nothing else; `photomgr train evaluate` prints the same.", ""]  # fmt: skip
    for outcome in exhibits.systems.values():
        lines += ["```", *outcome.lines(), "```", ""]
    marks = sorted(set.intersection(*({p.decisions for p in curve} for curve in exhibits.curves.values())))
    shown = [mark for mark in marks if mark in (0, 5, 20, 50, 100, 200)]
    lines += ["## A simulated reviewer", "", "Average precision on photos that the reviewer never sees, after so many"
              " decisions on one tag (`photomgr simulate`).", "",
              "| | " + " | ".join(map(str, shown)) + " |", "|---|" + "---|" * len(shown)]  # fmt: skip
    for name, curve in exhibits.curves.items():
        at = {point.decisions: point.precision for point in curve}
        lines.append(f"| {name} | " + " | ".join(f"{at[mark]:.3f}" for mark in shown) + " |")
    lines += ["", "## Plots", ""]
    return lines + [f"![{caption}]({file})" for caption, file in exhibits.plots.items()]


def _words(megabytes: Mapping[str, float]) -> list[str]:
    if WORDS not in megabytes:
        return []
    return [
        f"- words: `{WORDS}`, {megabytes[WORDS]:.1f} MB: word vectors from captions, and a map from the embedding to"
        " words, learned from the training photos' captions and labels; under the network's licence"
    ]


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None
    ]


def _key(key: str) -> str:
    bare = key.replace("_", "")
    return key if bare.isascii() and bare.isalnum() else json.dumps(key, ensure_ascii=False)
