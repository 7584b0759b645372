"""Random views of a photo for training: scale, crop, blur, JPEG, light.

Sets of tiny pictures must not teach that blurred means food, nor sets of large ones that sharp means people;
so any photo may come blurred, small or badly compressed, and the network learns to look past it.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

_SMALL = 100
"""Packed sides below this are blurred already once they are enlarged."""
_GREY = 0.03


def view(pixels: NDArray[np.uint8], side: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], bool]:
    """One random view [side, side, 3] of a packed photo, and whether it was made black and white."""
    source = Image.fromarray(pixels)
    box = _crop(source.width, rng)
    small = source.width < _SMALL
    if not small and rng.random() < 0.3:
        between = int(rng.integers(56, 150))
        source = source.resize((between, between), Image.Resampling.BILINEAR, box=box)
        box = (0.0, 0.0, float(between), float(between))
    kernel = Image.Resampling.BICUBIC if rng.random() < 0.7 else Image.Resampling.BILINEAR
    photo = source.resize((side, side), kernel, box=box)
    if rng.random() < 0.5:
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    grey = bool(rng.random() < _GREY)
    photo = _light(photo, grey, rng)
    if rng.random() < 0.06:
        photo = photo.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 1.8))))
    if small and rng.random() < 0.4:
        photo = photo.filter(ImageFilter.UnsharpMask(2, int(rng.integers(80, 200)), 2))
    if rng.random() < 0.15:
        photo = _jpeg(photo, int(rng.integers(25, 90)))
    return np.asarray(photo), grey


def reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Views [B, S, S, 3] at another size."""
    if pixels.shape[1] == side:
        return pixels
    size = (side, side)
    return np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in pixels])


def _crop(width: int, rng: np.random.Generator) -> tuple[float, float, float, float]:
    if rng.random() < 0.15:
        return 0.0, 0.0, float(width), float(width)
    area = float(rng.uniform(0.4, 1.0))
    aspect = float(np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))))
    across, down = min(1.0, (area * aspect) ** 0.5), min(1.0, (area / aspect) ** 0.5)
    left, top = float(rng.uniform(0, 1 - across)), float(rng.uniform(0, 1 - down))
    return left * width, top * width, (left + across) * width, (top + down) * width


def _light(photo: Image.Image, grey: bool, rng: np.random.Generator) -> Image.Image:
    if grey:
        photo = photo.convert("L").convert("RGB")
    if rng.random() < 0.4:
        photo = ImageEnhance.Brightness(photo).enhance(float(rng.uniform(0.75, 1.3)))
        photo = ImageEnhance.Contrast(photo).enhance(float(rng.uniform(0.75, 1.3)))
    if not grey and rng.random() < 0.3:
        photo = ImageEnhance.Color(photo).enhance(float(rng.uniform(0.6, 1.35)))
    return photo


def _jpeg(photo: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=quality)
    return Image.open(stream, formats=("JPEG",)).convert("RGB")
