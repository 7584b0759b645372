"""What each hand-made modality measures: its kernels, bins and widths. Only numpy.

All measures are taken from the photo squashed to 64 x 64 pixels in 0..1, or from that halved to 32 x 32.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE: Final = 64
"""Side in pixels at which everything is measured."""

WORDS: Final = 128
"""Visual words of the local descriptors."""

WIDTHS: Final[dict[str, int]] = {
    "colours": 128, "moments": 225, "edges": 37, "wavelets": 36, "patterns": 118, "envelope": 384, "patches": WORDS,
}  # fmt: skip
"""The modalities in the order of the output, and how many numbers each has."""

TOTAL: Final = sum(WIDTHS.values())

GREY: Final = np.array([0.299, 0.587, 0.114], np.float32)

HUES, SATURATIONS, VALUES = 8, 4, 4
"""Bins of the colour histogram; a colour counts for the two nearest bins of each, in proportion."""

RGB_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
) / np.array([[0.95047], [1.0], [1.08883]])
"""sRGB's primaries under D65 (IEC 61966-2-1), each row divided by the white point."""
XYZ_TO_LAB: Final = np.array([[0.0, 1.16, 0.0], [5.0, -5.0, 0.0], [0.0, 2.0, -2.0]])
"""CIE 1976 L*a*b* divided by 100; 0.16 is taken off L."""

CELL, CELL_STEP = 8, 6
"""The colour moments' cells, 5 x 5 of them on 32 pixels, overlap by 2 pixels."""

DIRECTIONS: Final = 36
SHARPNESS: Final = 30.0
"""How closely an edge must point in a bin's direction: von Mises density of this concentration."""
EDGE: Final = 0.15
"""Gradient, in steps of grey 0..1 a pixel times 4, at which a pixel counts as half an edge."""

FLAT: Final = 0.01
"""Differences of grey below this are no pattern."""

OPPONENT: Final = np.array([[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]], np.float32)
"""Brightness, red against green, yellow against blue: the channels of the wavelet energies."""
LEVELS: Final = 4

ORIENTATIONS: Final = 8
SCALES: Final = 3

DESCRIPTOR: Final = (ORIENTATIONS, 4, 4)
"""A local descriptor: strengths of 8 directions in 4 x 4 cells of 4 pixels."""
POSITIONS: Final = 7
"""Descriptors are taken at 7 x 7 places, 8 pixels apart."""
CONTRAST: Final = 12.0
"""How decidedly a descriptor is given to its nearest word."""


def sobel() -> Floats:
    """Kernels [2, 1, 3, 3] of the gradient to the right and downwards."""
    right = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
    return np.stack([right, right.T])[:, None]


def compass(count: int) -> Floats:
    """Kernels [count, 2, 1, 1] that project a gradient on ``count`` directions of the circle."""
    angle = 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)[:, :, None, None]


def ring() -> Floats:
    """Kernels [8, 1, 3, 3]: each neighbour less the centre, clockwise."""
    places = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    kernels = np.zeros((8, 1, 3, 3), np.float32)
    for bit, (y, x) in enumerate(places):
        kernels[bit, 0, y, x] += 1
        kernels[bit, 0, 1, 1] -= 1
    return kernels


def uniform_patterns() -> NDArray[np.int64]:
    """For each of 256 codes its bin: 58 of at most two changes around the ring, one for all others (Ojala 2002)."""
    bins, free = np.full(256, 58, np.int64), 0
    for code in range(256):
        turned = (code >> 1) | ((code & 1) << 7)
        if (code ^ turned).bit_count() <= 2:
            bins[code], free = free, free + 1
    return bins


def haar() -> Floats:
    """Kernels [4, 1, 2, 2], orthonormal: the mean, and the differences across, down and both."""
    low, high = np.sqrt([0.5, 0.5]), np.array([1, -1]) * np.sqrt(0.5)
    pairs = [(low, low), (low, high), (high, low), (high, high)]
    return np.stack([np.outer(y, x) for y, x in pairs]).astype(np.float32)[:, None]


def gabor() -> Floats:
    """Kernels [2 * ORIENTATIONS, 1, 7, 7]: even, then odd, waves of 4 pixels under a Gaussian, without mean."""
    y, x = np.mgrid[-3:4, -3:4].astype(np.float64)
    window = np.exp(-(x**2 + y**2) / (2 * 1.7**2))
    kernels = []
    for wave in (np.cos, np.sin):
        for turn in range(ORIENTATIONS):
            angle = np.pi * turn / ORIENTATIONS
            kernel = window * wave(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / 4.0)
            kernel -= window * kernel.sum() / window.sum()
            kernels.append(kernel / np.abs(kernel).sum())
    return np.stack(kernels).astype(np.float32)[:, None]


def parts(features: Floats) -> dict[str, Floats]:
    """The columns of [N, TOTAL] by modality."""
    ends = np.cumsum(list(WIDTHS.values()))
    return {name: features[:, end - WIDTHS[name] : end] for name, end in zip(WIDTHS, ends, strict=True)}
