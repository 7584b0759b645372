"""The card of a network that a person adds: what it takes, what its numbers mean, which tags its labels stand for.

A card is a TOML file beside the ONNX file; ``resources/reference/cards.md`` describes every key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from photomgr.core.errors import ModelError

KINDS: Final = ("tagger", "embedding", "detector")
ACTIVATIONS: Final = ("none", "sigmoid", "softmax")
FITS: Final = ("squash", "pad")
FILL: Final = 114
"""The grey beside a photo that is padded, as YOLOX and its relatives were trained."""
LARGEST: Final = 1 << 20
"""Bytes that a card may have."""

_TEXT: Final = "utf-8-sig"  # some editors put a mark before the text
_NAME_LENGTH: Final = 40
_MOST_LABELS: Final = 100_000
_SIDES: Final = (16, 4096)

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "network": ("name", "kind", "version", "licence", "origin", "weight", "sha256"),
    "input": ("name", "size", "fit", "fill", "layout", "channels", "range", "mean", "std", "type"),
    "output": (
        *("scores", "embedding", "activation", "exclusive", "background", "per_pixel"),
        *("strides", "overlap", "least"),
    ),
    "labels": ("file", "list", "separator"),
    "calibration": ("slope", "bias"),
}
"""The keys that each table of a card may have."""

WEIGHTS: Final = {"tagger": 0.0, "embedding": 0.0, "detector": 0.7}
"""How much each kind counts for tags that the shipped network knows, unless its card says otherwise. A detector sees
small things that the whole picture hides. On 320 photos of five classes, shown to it padded, the mean AP was 0.966 with
it, 0.943 without, 0.953 for the detector alone, and about the same for weights of 0.5 to 1.3."""

_FREE: Final = ("tags", "thresholds")  # tables whose keys are labels


@dataclass(frozen=True, slots=True)
class Input:
    """What the network takes: the whole photo in ``height`` x ``width`` pixels, squashed to it or, where ``fit`` is
    ``pad``, as large as it goes into the upper left corner, with ``fill`` in 0..255 beside it.

    A pixel x in 0..255 goes in as ``(x - mean) / std`` for each channel, in the network's order of channels.
    """

    name: str
    height: int
    width: int
    layout: str
    channels: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    type: str
    fit: str = "squash"
    fill: int = FILL

    def inside(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height in pixels that a photo of ``size`` (width, height) takes of the input."""
        if self.fit == "squash":
            return self.width, self.height
        scale = min(self.width / size[0], self.height / size[1])
        return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


@dataclass(frozen=True, slots=True)
class Output:
    """What comes out. ``scores`` and ``embedding`` are names of outputs, "" where there is none.

    ``exclusive``: one label excludes the others, so that what is true of several is as probable as their sum; None
    where the card leaves that to the activation and the labels.
    ``background`` is a column that means "nothing", None without one. ``per_pixel``: the output holds a class
    for every pixel, and a score is the share of the picture. ``strides`` of a detector's grids (YOLOX, Ge et al.
    2021), empty when its boxes are in pixels already. Boxes below ``least`` are dropped, and of two of one class
    that cover each other by more than ``overlap`` (intersection over union) the weaker one is.
    """

    scores: str
    embedding: str = ""
    activation: str = "none"
    exclusive: bool | None = None
    background: int | None = None
    per_pixel: bool = False
    strides: tuple[int, ...] = ()
    overlap: float = 0.45
    least: float = 0.1


@dataclass(frozen=True, slots=True)
class Card:
    """A checked card. ``labels`` has one entry for each column of scores, in order.

    ``tags`` says for a label which tag of the person's it stands for ("" for none). A score s leaves as
    ``sigmoid(slope * logit(s) + bias)``, and is worth suggesting from the label's threshold on. ``weight`` in [0, 1]
    is how much it counts for tags that the shipped network knows too, before decisions say more (:mod:`.company`).
    ``sha256`` in hex is the file that the card is about, "" for any.
    """

    name: str
    kind: str
    version: str
    licence: str
    origin: str
    input: Input
    output: Output
    labels: tuple[str, ...]
    labels_file: str = ""
    separator: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.5
    slope: float = 1.0
    bias: float = 0.0
    weight: float = 0.0
    sha256: str = ""

    @classmethod
    def load(cls, path: Path) -> Card:
        """Read and check a card and its labels. Raises ModelError with the first thing that is wrong."""
        try:
            with path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
        except OSError as error:
            raise ModelError(f"The card {path} cannot be read: {error.strerror}.") from error
        if len(data) > LARGEST:
            raise ModelError(f"The card {path} is too large: at most {LARGEST >> 20} MiB are read.")
        try:
            table = tomllib.loads(data.decode(_TEXT))
        except ValueError as error:  # of TOML and of UTF-8 both
            raise ModelError(f"The card {path} is no TOML: {error}.") from error
        except RecursionError as error:
            raise ModelError(f"The card {path} cannot be used: it is nested too deeply.") from error
        return _Reader(table, path).card()


def safe_relative(name: str) -> bool:
    """Whether ``name`` is a plain path below the folder it is used in: not absolute, no ``..``, no drive."""
    parts = PurePosixPath(name.replace("\\", "/"))
    plain = bool(name) and not parts.is_absolute() and ".." not in parts.parts and ":" not in name
    return plain and "\0" not in name


class _Reader:
    """One card being read; every wrong value becomes a sentence that names table and key."""

    def __init__(self, table: dict[str, Any], path: Path) -> None:
        self._table = table
        self._path = path

    def wrong(self, what: str) -> ModelError:
        return ModelError(f"The card {self._path} cannot be used: {what}.")

    def card(self) -> Card:
        self._known()
        name = self.text("network", "name")
        if not (name[:1].isalnum() and len(name) <= _NAME_LENGTH) or not all(
            each.isascii() and (each.isalnum() or each in "-_.") for each in name
        ):
            raise self.wrong(
                f"network.name has up to {_NAME_LENGTH} letters, digits and - _ . and begins with one of the"
                f" first two, not {name!r}"
            )
        kind = self.choice("network", "kind", KINDS)
        output = self._output(kind)
        labels, file = self._labels(kind)
        tags = {key: self.text("tags", key, "") for key in self.table("tags")}
        thresholds = self._thresholds(labels)
        if unknown := [label for label in tags if label not in set(labels)]:
            raise self.wrong(f"tags names {unknown[0]!r}, which is none of its labels")
        return Card(
            name=name, kind=kind,
            version=self.text("network", "version", ""),
            licence=self.text("network", "licence"),
            origin=self.text("network", "origin"),
            input=self._input(), output=output, labels=labels, labels_file=file,
            separator=self.text("labels", "separator", ""),
            tags=tags, thresholds=thresholds, threshold=thresholds.get("default", 0.5),
            slope=self.number("calibration", "slope", 1.0), bias=self.number("calibration", "bias", 0.0),
            weight=self.share("network", "weight", WEIGHTS[kind]),
            sha256=self.text("network", "sha256", "").lower(),
        )  # fmt: skip

    def _known(self) -> None:
        for title, content in self._table.items():
            if title not in KEYS and title not in _FREE:
                raise self.wrong(f"there is no table named {title}")
            if not isinstance(content, dict):
                raise self.wrong(f"{title} is no table")
            for key in content if title in KEYS else ():
                if key not in KEYS[title]:
                    raise self.wrong(f"{title} has no key {key}; it may have {', '.join(KEYS[title])}")

    def _input(self) -> Input:
        size = self.table("input").get("size")
        sides: list[Any] = size if isinstance(size, list) else [size, size]
        least, most = _SIDES
        if len(sides) != 2 or not all(type(side) is int and least <= side <= most for side in sides):
            raise self.wrong(f"input.size is a side from {least} to {most} pixels, or [height, width]")
        mean, std = self._scaling()
        return Input(
            name=self.text("input", "name", ""), height=sides[0], width=sides[1],
            layout=self.choice("input", "layout", ("NCHW", "NHWC"), "NCHW"),
            channels=self.choice("input", "channels", ("RGB", "BGR"), "RGB"),
            mean=mean, std=std, type=self.choice("input", "type", ("float32", "uint8"), "float32"),
            fit=self.choice("input", "fit", FITS, "squash"), fill=self._fill(),
        )  # fmt: skip

    def _fill(self) -> int:
        fill = self.table("input").get("fill", FILL)
        if type(fill) is not int or not 0 <= fill <= 255:
            raise self.wrong("input.fill is a whole number from 0 to 255")
        return fill

    def _scaling(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        given = self.table("input")
        if "range" in given:
            if "mean" in given or "std" in given:
                raise self.wrong("input has either range, or mean and std")
            low, high = self._numbers("range", 2)
            if high <= low:
                raise self.wrong("input.range goes from a lower number to a higher one")
            std = 255.0 / (high - low)
            return (-low * std,) * 3, (std,) * 3
        mean = self._numbers("mean", 3) if "mean" in given else [0.0] * 3
        std_ = self._numbers("std", 3) if "std" in given else [1.0] * 3
        if any(each <= 0 for each in std_):
            raise self.wrong("input.std is above 0")
        return (mean[0], mean[1], mean[2]), (std_[0], std_[1], std_[2])

    def _numbers(self, key: str, count: int) -> list[float]:
        value = self.table("input")[key]
        if isinstance(value, (int, float)) and not isinstance(value, bool) and count == 3:
            value = [value] * 3
        if not isinstance(value, list) or len(value) != count or not all(map(_finite, value)):
            raise self.wrong(f"input.{key} is a list of {count} numbers")
        return [float(each) for each in value]

    def _output(self, kind: str) -> Output:
        table = self.table("output")
        scores = self.text("output", "scores", "" if kind == "embedding" else None)
        embedding = self.text("output", "embedding", None if kind == "embedding" else "")
        background = table.get("background")
        if background is not None and (type(background) is not int or background < 0):
            raise self.wrong("output.background is the number of a column, from 0")
        strides = table.get("strides", [])
        if not isinstance(strides, list) or not all(
            type(each) is int and 1 <= each <= 256 for each in strides
        ):
            raise self.wrong("output.strides is a list of whole numbers, such as [8, 16, 32]")
        per_pixel = table.get("per_pixel", False)
        if not isinstance(per_pixel, bool) or (per_pixel and kind != "tagger"):
            raise self.wrong("output.per_pixel is true or false, and true for a tagger only")
        activation = self.choice("output", "activation", ACTIVATIONS, "none")
        exclusive = table.get("exclusive")
        if not isinstance(exclusive, bool | None) or (exclusive and kind == "detector"):
            raise self.wrong("output.exclusive is true or false, and false for a detector")
        return Output(
            scores=scores, embedding=embedding, activation=activation, exclusive=exclusive,
            background=background, per_pixel=per_pixel, strides=tuple(strides),
            overlap=self.share("output", "overlap", 0.45), least=self.share("output", "least", 0.1),
        )  # fmt: skip

    def _labels(self, kind: str) -> tuple[tuple[str, ...], str]:
        table = self.table("labels")
        if kind == "embedding":
            return (), ""
        if ("list" in table) == ("file" in table):
            raise self.wrong("labels has either a list or a file")
        if "list" in table:
            labels, file = table["list"], ""
            if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
                raise self.wrong("labels.list is a list of texts")
        else:
            file = self.text("labels", "file")
            labels = self._read_labels(file)
        if not labels or len(labels) > _MOST_LABELS:
            raise self.wrong(f"it has {len(labels):,} labels; 1 to {_MOST_LABELS:,} can be used")
        return tuple(each.strip() for each in labels), file

    def _read_labels(self, file: str) -> list[str]:
        path = self._path.parent / file
        if not safe_relative(file) or not path.resolve().is_relative_to(self._path.parent.resolve()):
            raise self.wrong(f"labels.file must lie beside the card or below, not at {file!r}")
        try:
            if path.stat().st_size > 64 * _MOST_LABELS:
                raise self.wrong(f"the labels file {file} is far too large")
            text = path.read_text(encoding=_TEXT)
        except OSError as error:
            raise self.wrong(f"the labels file {file} cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise self.wrong(f"the labels file {file} is no UTF-8 text") from error
        return text.removesuffix("\n").split("\n")

    def _thresholds(self, labels: tuple[str, ...]) -> dict[str, float]:
        known = {*labels, "default"}
        found = {}
        for label in self.table("thresholds"):
            if label not in known:
                raise self.wrong(f"thresholds names {label!r}, which is none of its labels")
            found[label] = self.share("thresholds", label, 0.5)
        return found

    # single values

    def table(self, title: str) -> dict[str, Any]:
        content: dict[str, Any] = self._table.get(title, {})
        return content

    def text(self, title: str, key: str, default: str | None = None) -> str:
        value = self.table(title).get(key, default)
        if value is None:
            raise self.wrong(f"{title}.{key} is missing")
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(f"{title}.{key} is a text")
        return value

    def choice(self, title: str, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(title, key, default)
        if value not in choices:
            raise self.wrong(f"{title}.{key} is one of {', '.join(choices)}, not {value!r}")
        return value

    def number(self, title: str, key: str, default: float) -> float:
        value = self.table(title).get(key, default)
        if not _finite(value):
            raise self.wrong(f"{title}.{key} is a number")
        return float(value)

    def share(self, title: str, key: str, default: float) -> float:
        number = self.number(title, key, default)
        if not 0 <= number <= 1:
            raise self.wrong(f"{title}.{key} lies between 0 and 1")
        return number


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
