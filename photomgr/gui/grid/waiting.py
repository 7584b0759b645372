"""Which photo of the list waits for a decision next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from photomgr.library import Library

_PAGE: Final = 500


def next_waiting(library: Library, ids: npt.NDArray[np.int64], after: int) -> int | None:
    """The first photo with an open suggestion behind row ``after`` (-1: from the start), then from the
    beginning; None when there is none. Slow: not for the GUI thread."""
    order = np.concatenate([ids[after + 1 :], ids[: after + 1]])
    for start in range(0, len(order), _PAGE):
        page = [int(photo_id) for photo_id in order[start : start + _PAGE]]
        marks = library.marks(page)
        for photo_id in page:
            if photo_id in marks and marks[photo_id].open:
                return photo_id
    return None
