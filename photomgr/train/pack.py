"""Photo sets as uint8 arrays on disk, decoded once, so that training reads them at the speed of memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.jobs import Job, Progress
from photomgr.train.sets import PhotoSet, photos, read_rows

Pixels = NDArray[np.uint8]


def pack(data: Path, work: Path, photo_set: PhotoSet) -> Job[Pixels]:
    """Decode one set to ``work/pack/NAME.npy``, ``[N, side, side, 3]`` RGB in the CSV's order.

    Photos are squashed to a square, as the network will see them. A file that is already there is used.
    Returns the array, memory-mapped for reading.
    """
    target = work / "pack" / f"{photo_set.name}.npy"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = read_rows(data / f"{photo_set.name}.csv", photo_set.name)
        place = {row.file: index for index, row in enumerate(rows)}
        partial = target.with_suffix(".partial.npy")
        shape = (len(rows), photo_set.side, photo_set.side, 3)
        array = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
        for count, (name, picture) in enumerate(photos(data / f"{photo_set.name}.tar")):
            if name in place:
                size = (photo_set.side, photo_set.side)
                array[place[name]] = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
            if count % 200 == 0:
                yield Progress(count, len(rows), f"decoding {photo_set.name}")
        array.flush()
        del array
        partial.rename(target)
    packed: Pixels = np.load(target, mmap_mode="r")
    return packed
