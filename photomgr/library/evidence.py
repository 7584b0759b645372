"""What can be shown a person as the reason of a suggestion: the decided photos that look most like this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..annotate import neighbours

if TYPE_CHECKING:
    from .facade import Library

_MOST: Final = 20_000  # decided photos that are looked through, the newest


def nearest_decided(library: Library, photo_id: int, tag: str, k: int = 5) -> list[tuple[int, float]]:
    """The ``k`` photos that have ``tag`` by decision and look most like a photo: (photo id, cosine), best first.

    Photos that the present network has not seen, and the photo itself, are left out; empty where nothing is left.
    Raises ModelError when there is no network.
    """
    annotator, catalog = library.annotator(), library.catalog.learning
    known = catalog.tag(tag)
    if known is None:
        return []
    own = catalog.of_photos(annotator.model_hash, len(annotator.labels), [photo_id])
    if not len(own.photos):
        return []
    accepted = [photo for photo in catalog.accepted(known, _MOST) if photo != photo_id]
    photos, rows = catalog.embeddings(annotator.model_hash, len(annotator.labels), accepted)
    if not len(photos):
        return []
    places, similar = neighbours.nearest(rows, own.embeddings, k)
    return [
        (int(photos[place]), float(np.clip(near, -1, 1)))
        for place, near in zip(places[0], similar[0], strict=True)
    ]
