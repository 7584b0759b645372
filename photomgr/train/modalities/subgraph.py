"""The hand-made modalities as nodes of an ONNX graph. Their measures are those of :mod:`.definition`.

Every name begins with ``hand.``, so that the 8-bit quantiser can be told to leave them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.train.modalities import definition as d
from photomgr.train.nodes import Graph

PREFIX = "hand."
_SMALL = 1e-6


class Measures:
    """Writes the modalities into ``graph``, which has an input ``image`` uint8 [N, 3, size, size].

    ``words`` float32 [WORDS, 128], rows of length 1: the visual words; without them there are no ``patches``.
    """

    def __init__(self, graph: Graph, size: int, words: NDArray[np.float32] | None = None) -> None:
        self._graph = graph
        self._count = 0
        self._words = words
        self._whole = self._squashed(size)
        self._half = self._pool(self._whole, 2, 2)
        self._grey = self._conv(self._whole, d.GREY[None, :, None, None])
        self._gradients: str | None = None

    def write(self, names: Sequence[str]) -> dict[str, str]:
        """The tensors [N, width] of these modalities, by name."""
        makers = {
            "colours": self._colours, "moments": self._moments, "edges": self._edges, "wavelets": self._wavelets,
            "patterns": self._patterns, "envelope": self._envelope, "patches": self._patches,
        }  # fmt: skip
        return {name: makers[name]() for name in names}

    def descriptors(self) -> str:
        """Local descriptors [N, 128, 7, 7] of length 1, from which the words are learnt."""
        cells = self._cells()
        eye = np.eye(int(np.prod(d.DESCRIPTOR)), dtype=np.float32).reshape(-1, *d.DESCRIPTOR)
        return self._op("Div", self._conv(cells, eye, stride=2), self._lengths(cells))

    # Nodes

    def _op(self, kind: str, *inputs: str, **attributes: object) -> str:
        self._count += 1
        return self._graph.node(kind, list(inputs), f"{PREFIX}{kind.lower()}.{self._count}", **attributes)

    def _const(self, value: Any, kind: type = np.float32) -> str:
        self._count += 1
        return self._graph.constant(f"{PREFIX}constant.{self._count}", np.asarray(value, kind))

    def _conv(self, x: str, kernel: NDArray[Any], stride: int = 1, pad: int = 0, group: int = 1) -> str:
        return self._op(
            "Conv", x, self._const(kernel), kernel_shape=list(kernel.shape[2:]), strides=[stride] * 2,
            pads=[pad] * 4, group=group, dilations=[1, 1],
        )  # fmt: skip

    def _pool(self, x: str, side: int, step: int, pad: int = 0) -> str:
        return self._op("AveragePool", x, kernel_shape=[side] * 2, strides=[step] * 2, pads=[pad] * 4)

    def _add(self, x: str, number: float) -> str:
        return self._op("Add", x, self._const(number))

    def _times(self, x: str, number: float) -> str:
        return self._op("Mul", x, self._const(number))

    def _mean(self, x: str, axes: Sequence[int]) -> str:
        return self._op("ReduceMean", x, axes=list(axes), keepdims=0)

    def _flat(self, x: str) -> str:
        return self._op("Flatten", x, axis=1)

    def _squared(self, x: str) -> str:
        return self._op("Mul", x, x)

    # Pixels

    def _squashed(self, size: int) -> str:
        pixels = self._times(self._op("Cast", "image", to=1), 1 / 255)
        step = max(1, size // d.SIDE)
        if step > 1:
            pixels = self._pool(pixels, step, step)
        if size // step != d.SIDE:
            sizes = self._const([1, 1, d.SIDE * step / size, d.SIDE * step / size])
            pixels = self._op("Resize", pixels, "", sizes, mode="linear")
        return pixels

    # Modalities

    def _colours(self) -> str:
        """Joint histogram of hue, saturation and value, square-rooted."""
        red, green, blue = self._channels(self._half)
        value = self._op("ReduceMax", self._half, axes=[1], keepdims=1)
        spread = self._op("Sub", value, self._op("ReduceMin", self._half, axes=[1], keepdims=1))
        over = self._add(spread, _SMALL)
        sixths = [
            self._add(self._op("Div", self._op("Sub", a, b), over), turn)
            for a, b, turn in ((green, blue, 0.0), (blue, red, 2.0), (red, green, 4.0))
        ]
        hue = self._op("Where", self._op("GreaterOrEqual", green, value), sixths[1], sixths[2])
        hue = self._op("Where", self._op("GreaterOrEqual", red, value), sixths[0], hue)
        saturation = self._op("Div", spread, self._add(value, _SMALL))
        hues = self._hue_bins(hue)
        both = self._op(
            "Mul",
            self._reshaped(hues, [0, d.HUES, 1, -1]),
            self._reshaped(self._bins(saturation, d.SATURATIONS), [0, 1, d.SATURATIONS, -1]),
        )
        both = self._reshaped(both, [0, d.HUES * d.SATURATIONS, -1])
        values = self._reshaped(self._bins(value, d.VALUES), [0, d.VALUES, -1])
        joint = self._op("MatMul", both, self._op("Transpose", values, perm=[0, 2, 1]))
        return self._op("Sqrt", self._times(self._flat(joint), 1 / (d.SIDE // 2) ** 2))

    def _channels(self, x: str) -> list[str]:
        return [self._op("Slice", x, *(self._const([n], np.int64) for n in (c, c + 1, 1))) for c in range(3)]

    def _hue_bins(self, hue: str) -> str:
        centres = self._const((6.0 / d.HUES * np.arange(d.HUES)).reshape(1, -1, 1, 1))
        apart = self._op("Abs", self._op("Sub", hue, centres))
        around = self._op("Abs", self._op("Sub", self._const(6.0), apart))
        near = self._times(self._op("Min", apart, around), -d.HUES / 6.0)
        return self._op("Relu", self._add(near, 1.0))

    def _bins(self, x: str, count: int) -> str:
        centres = self._const(np.linspace(0, 1, count).reshape(1, -1, 1, 1))
        near = self._times(self._op("Abs", self._op("Sub", x, centres)), 1.0 - count)
        return self._op("Relu", self._add(near, 1.0))

    def _reshaped(self, x: str, shape: list[int]) -> str:
        return self._op("Reshape", x, self._const(shape, np.int64))

    def _moments(self) -> str:
        """Mean, deviation and cube root of the third moment of L*a*b* in 5 x 5 cells."""
        bent = self._op("Pow", self._times(self._add(self._half, 0.055), 1 / 1.055), self._const(2.4))
        dark = self._op("Greater", self._half, self._const(0.04045))
        linear = self._op("Where", dark, bent, self._times(self._half, 1 / 12.92))
        xyz = self._conv(linear, d.RGB_TO_XYZ.astype(np.float32)[:, :, None, None])
        root = self._op("Pow", self._op("Max", xyz, self._const(0.008856)), self._const(1 / 3))
        low = self._add(self._times(xyz, 7.787), 16 / 116)
        curved = self._op("Where", self._op("Greater", xyz, self._const(0.008856)), root, low)
        lab = self._conv(curved, d.XYZ_TO_LAB.astype(np.float32)[:, :, None, None])
        # Moments about the middle of the photo, so that the differences below lose no digits.
        lab = self._op("Sub", lab, self._op("GlobalAveragePool", lab))
        middle = self._op(
            "GlobalAveragePool", self._conv(curved, d.XYZ_TO_LAB.astype(np.float32)[:, :, None, None])
        )
        square = self._squared(lab)
        first, second, third = (
            self._pool(x, d.CELL, d.CELL_STEP) for x in (lab, square, self._op("Mul", square, lab))
        )
        mean2 = self._squared(first)
        variance = self._op("Relu", self._op("Sub", second, mean2))
        deviation = self._op("Sqrt", self._add(variance, _SMALL))
        skew = self._op("Sub", third, self._op("Mul", first, self._add3(variance, mean2)))
        tame = self._op("Pow", self._add(self._squared(skew), 1e-9), self._const(-1 / 3))
        cells = [self._op("Add", first, middle), deviation, self._op("Mul", skew, tame)]
        return self._flat(self._op("Concat", *cells, axis=1))

    def _add3(self, variance: str, mean2: str) -> str:
        """E[x^3] - mean^3 - 3 mean variance is the third moment; this is 3 variance + mean^2."""
        return self._op("Add", self._times(variance, 3.0), mean2)

    def _gradient(self) -> tuple[str, str]:
        """Gradient [N, 2, 64, 64] of grey, and its length."""
        if self._gradients is None:
            # The frame around the photo is no edge in it.
            frame = self._op("Pad", self._grey, self._const([0, 0, 1, 1, 0, 0, 1, 1], np.int64), mode="edge")
            self._gradients = self._conv(frame, d.sobel())
            squares = self._op(
                "ReduceSum", self._squared(self._gradients), self._const([1], np.int64), keepdims=1
            )
            self._lengths_of_gradient = self._op("Sqrt", self._add(squares, 1e-8))
        return self._gradients, self._lengths_of_gradient

    def _edges(self) -> str:
        """Histogram of the directions of edges on every second pixel, and the share of pixels on none."""
        gradient, length = (self._every_second(x) for x in self._gradient())
        pointing = self._conv(self._op("Div", gradient, length), d.compass(d.DIRECTIONS))
        member = self._op("Exp", self._times(self._add(pointing, -1.0), d.SHARPNESS))
        square = self._squared(length)
        edge = self._op("Div", square, self._add(square, (4 * d.EDGE) ** 2))
        directions = self._mean(self._op("Mul", member, edge), (2, 3))
        none = self._mean(self._add(self._times(edge, -1.0), 1.0), (2, 3))
        return self._op("Sqrt", self._op("Concat", directions, none, axis=1))

    def _every_second(self, x: str) -> str:
        indices = (self._const(value, np.int64) for value in ([0, 0], [d.SIDE, d.SIDE], [2, 3], [2, 2]))
        return self._op("Slice", x, *indices)

    def _wavelets(self) -> str:
        """Logarithm of the energy of the Haar details of brightness and two opponent colours at four scales."""
        low = self._conv(self._whole, d.OPPONENT[:, :, None, None])
        detail = np.array([4 * c + k for c in range(3) for k in (1, 2, 3)])
        energies = []
        for level in range(d.LEVELS):
            bands = self._conv(low, np.tile(d.haar(), (3, 1, 1, 1)), stride=2, group=3)
            energy = self._mean(self._squared(bands), (2, 3))
            energies.append(self._op("Gather", energy, self._const(detail, np.int64), axis=1))
            if level + 1 < d.LEVELS:
                low = self._op("Gather", bands, self._const([0, 4, 8], np.int64), axis=1)
        whole = self._op("Concat", *energies, axis=1)
        return self._op("Log", self._add(self._op("Sqrt", whole), 0.003))

    def _patterns(self) -> str:
        """Histograms of local binary patterns at two scales, square-rooted."""
        bins, values = self._const(d.uniform_patterns(), np.int64), self._const([0.0, 1.0])
        histograms = []
        for grey, stride in ((self._grey, 2), (self._pool(self._grey, 2, 2), 1)):
            above = self._op("Greater", self._conv(grey, d.ring(), stride=stride), self._const(d.FLAT))
            powers = (2.0 ** np.arange(8)).astype(np.float32)[None, :, None, None]
            code = self._flat(self._op("Cast", self._conv(self._op("Cast", above, to=1), powers), to=7))
            hot = self._op(
                "OneHot", self._op("Gather", bins, code), self._const(59, np.int64), values, axis=-1
            )
            histograms.append(self._mean(hot, (1,)))
        return self._op("Sqrt", self._op("Concat", *histograms, axis=1))

    def _envelope(self) -> str:
        """Energy of Gabor waves in 8 orientations and 3 scales on a 4 x 4 grid (Oliva and Torralba 2001)."""
        centred = self._op("Sub", self._grey, self._blur(self._grey))
        spread = self._op("Sqrt", self._add(self._blur(self._squared(centred)), 0.01))
        level, kernels, energies = self._op("Div", centred, spread), d.gabor(), []
        for scale in range(d.SCALES):
            side = d.SIDE >> scale
            waves = self._squared(self._conv(level, kernels, stride=2 if scale == 0 else 1, pad=3))
            even, odd = self._halves(waves)
            strength = self._op("Sqrt", self._add(self._op("Add", even, odd), 1e-6))
            cell = (side // 2 if scale == 0 else side) // 4
            energies.append(self._flat(self._pool(strength, cell, cell)))
            if scale + 1 < d.SCALES:
                level = self._pool(level, 2, 2)
        return self._op("Concat", *energies, axis=1)

    def _halves(self, x: str) -> tuple[str, str]:
        first, second = (
            self._op("Slice", x, *(self._const([n], np.int64) for n in (a, a + d.ORIENTATIONS, 1)))
            for a in (0, d.ORIENTATIONS)
        )
        return first, second

    def _blur(self, x: str) -> str:
        return self._op(
            "AveragePool", x, kernel_shape=[9, 9], strides=[1, 1], pads=[4] * 4, count_include_pad=0
        )

    def _cells(self) -> str:
        """Strengths of 8 directions in 16 x 16 cells of 4 pixels, [N, 8, 16, 16] (after Lowe 2004)."""
        gradient, _ = self._gradient()
        strength = self._op("Relu", self._conv(gradient, d.compass(d.ORIENTATIONS)))
        return self._pool(strength, 4, 4)

    def _lengths(self, cells: str) -> str:
        ones = np.ones((1, *d.DESCRIPTOR), np.float32)
        return self._op("Sqrt", self._add(self._conv(self._squared(cells), ones, stride=2), 0.01))

    def _patches(self) -> str:
        """How much each visual word is found among 7 x 7 local descriptors, square-rooted."""
        if self._words is None:
            raise ValueError("patches need visual words")
        cells = self._cells()
        likeness = self._conv(cells, self._words.reshape(-1, *d.DESCRIPTOR), stride=2)
        likeness = self._times(self._op("Div", likeness, self._lengths(cells)), d.CONTRAST)
        share = self._op("Softmax", self._reshaped(likeness, [0, d.WORDS, -1]), axis=1)
        return self._op("Sqrt", self._mean(share, (2,)))
