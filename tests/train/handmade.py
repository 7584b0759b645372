"""The hand-made modalities once more, written plainly in numpy, to hold the ONNX graph against."""

from __future__ import annotations

import numpy as np

from photomgr.train.modalities import definition as d


def reference(pixels: np.ndarray, words: np.ndarray | None = None) -> np.ndarray:
    """All measures [N, TOTAL] of uint8 pixels [N, 3, S, S], S a multiple of 64; without ``words`` no patches."""
    return np.stack([_photo(photo.astype(np.float64) / 255, words) for photo in pixels])


def _photo(photo: np.ndarray, words: np.ndarray | None) -> np.ndarray:
    whole = _mean(photo, photo.shape[1] // d.SIDE)
    half = _mean(whole, 2)
    grey = np.tensordot(d.GREY, whole, 1)
    patches = np.zeros(d.WORDS) if words is None else _patches(grey, words)
    return np.concatenate(
        [
            _colours(half),
            _moments(half),
            _edges(grey),
            _wavelets(whole),
            _patterns(grey),
            _envelope(grey),
            patches,
        ]
    )


def _mean(x: np.ndarray, k: int) -> np.ndarray:
    *lead, h, w = x.shape
    return x.reshape(*lead, h // k, k, w // k, k).mean(axis=(-3, -1))


def _correlate(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)[::stride, ::stride]
    return np.einsum("hwyx,yx->hw", windows, kernel)


def _colours(half: np.ndarray) -> np.ndarray:
    found = np.zeros((d.HUES, d.SATURATIONS, d.VALUES))
    for red, green, blue in half.reshape(3, -1).T:
        value, spread = max(red, green, blue), max(red, green, blue) - min(red, green, blue)
        over = spread + 1e-6
        if red == value:
            hue = (green - blue) / over
        elif green == value:
            hue = 2 + (blue - red) / over
        else:
            hue = 4 + (red - green) / over
        apart = np.abs((hue - 6 / d.HUES * np.arange(d.HUES) + 3) % 6 - 3)
        hues = np.maximum(0, 1 - apart * d.HUES / 6)

        def near(x: float, count: int) -> np.ndarray:
            return np.maximum(0, 1 - (count - 1) * np.abs(x - np.linspace(0, 1, count)))

        found += np.einsum(
            "h,s,v->hsv", hues, near(spread / (value + 1e-6), d.SATURATIONS), near(value, d.VALUES)
        )
    return np.sqrt(found.ravel() / half[0].size)


def _moments(half: np.ndarray) -> np.ndarray:
    linear = np.where(half > 0.04045, ((half + 0.055) / 1.055) ** 2.4, half / 12.92)
    xyz = np.tensordot(d.RGB_TO_XYZ, linear, 1)
    curved = np.where(xyz > 0.008856, np.cbrt(np.maximum(xyz, 0)), 7.787 * xyz + 16 / 116)
    lab = np.tensordot(d.XYZ_TO_LAB, curved, 1)
    rows = []
    for kind in ("mean", "deviation", "skew"):
        for channel in lab:
            for y in range(5):
                for x in range(5):
                    cell = channel[6 * y : 6 * y + 8, 6 * x : 6 * x + 8]
                    third = ((cell - cell.mean()) ** 3).mean()
                    rows.append(
                        {
                            "mean": cell.mean(),
                            "deviation": np.sqrt(cell.var() + 1e-6),
                            "skew": third * (third**2 + 1e-9) ** (-1 / 3),
                        }[kind]
                    )
    return np.array(rows)


def _gradient(grey: np.ndarray) -> np.ndarray:
    frame = np.pad(grey, 1, mode="edge")
    return np.stack([_correlate(frame, kernel[0]) for kernel in d.sobel()])


def _edges(grey: np.ndarray) -> np.ndarray:
    right, down = _gradient(grey)[:, ::2, ::2]
    length = np.sqrt(right**2 + down**2 + 1e-8)
    edge = length**2 / (length**2 + (4 * d.EDGE) ** 2)
    shares = []
    for angle in 2 * np.pi * np.arange(d.DIRECTIONS) / d.DIRECTIONS:
        pointing = (right * np.cos(angle) + down * np.sin(angle)) / length
        shares.append((np.exp(d.SHARPNESS * (pointing - 1)) * edge).mean())
    return np.sqrt([*shares, (1 - edge).mean()])


def _wavelets(whole: np.ndarray) -> np.ndarray:
    low, rows = np.tensordot(d.OPPONENT, whole, 1), []
    for _ in range(d.LEVELS):
        a, b, c, e = low[:, ::2, ::2], low[:, ::2, 1::2], low[:, 1::2, ::2], low[:, 1::2, 1::2]
        bands = np.stack([(a - b + c - e) / 2, (a + b - c - e) / 2, (a - b - c + e) / 2], axis=1)
        rows.append((bands**2).mean(axis=(2, 3)).ravel())
        low = (a + b + c + e) / 2
    return np.log(np.sqrt(np.concatenate(rows)) + 0.003)


def _patterns(grey: np.ndarray) -> np.ndarray:
    bins, rows = d.uniform_patterns(), []
    for picture, stride in ((grey, 2), (_mean(grey, 2), 1)):
        above = [_correlate(picture, kernel[0], stride) > d.FLAT for kernel in d.ring()]
        code = sum((bit.astype(int) << n) for n, bit in enumerate(above))
        rows.append(np.bincount(bins[code].ravel(), minlength=59) / code.size)
    return np.sqrt(np.concatenate(rows))


def _blur(x: np.ndarray) -> np.ndarray:
    ones = np.ones((9, 9))
    return _correlate(np.pad(x, 4), ones) / _correlate(np.pad(np.ones_like(x), 4), ones)


def _envelope(grey: np.ndarray) -> np.ndarray:
    centred = grey - _blur(grey)
    level, rows = centred / np.sqrt(_blur(centred**2) + 0.01), []
    kernels = d.gabor()
    for scale in range(d.SCALES):
        for turn in range(d.ORIENTATIONS):
            even, odd = (
                _correlate(np.pad(level, 3), kernels[turn + half, 0], 2 if scale == 0 else 1)
                for half in (0, d.ORIENTATIONS)
            )
            strength = np.sqrt(even**2 + odd**2 + 1e-6)
            rows.append(_mean(strength, len(strength) // 4).ravel())
        level = _mean(level, 2)
    return np.concatenate(rows)


def _patches(grey: np.ndarray, words: np.ndarray) -> np.ndarray:
    gradient = _gradient(grey)
    angles = 2 * np.pi * np.arange(d.ORIENTATIONS) / d.ORIENTATIONS
    cells = _mean(
        np.stack([np.maximum(0, gradient[0] * np.cos(a) + gradient[1] * np.sin(a)) for a in angles]), 4
    )
    shares = []
    for y in range(d.POSITIONS):
        for x in range(d.POSITIONS):
            descriptor = cells[:, 2 * y : 2 * y + 4, 2 * x : 2 * x + 4].ravel()
            likeness = d.CONTRAST * words @ descriptor / np.sqrt((descriptor**2).sum() + 0.01)
            shares.append(np.exp(likeness - likeness.max()) / np.exp(likeness - likeness.max()).sum())
    return np.sqrt(np.mean(shares, axis=0))
