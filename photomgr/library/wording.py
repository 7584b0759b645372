"""Words that nobody tagged: which photos fit them, and which words lie near a tag."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ..annotate.annotator import SHIPPED, Annotator
from ..annotate.vocabulary import Vocabulary
from ..annotate.words import Lexis, Phrase
from ..core.assets import models_dir
from ..core.catalog import Catalog
from ..core.errors import ModelError

Ids = NDArray[np.int64]

LIMIT: Final = 1000
"""How many photos a word finds at most."""


class Speaking(Protocol):
    """What this room needs of the library."""

    @property
    def catalog(self) -> Catalog: ...

    def annotator(self) -> Annotator: ...

    def vocabulary(self) -> Vocabulary: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Every photo that the present network has seen: ``ids`` ascending [N], as words see them ``seen`` [N, m]."""

    model: str
    counter: int
    ids: Ids
    seen: NDArray[np.float32]


class Wording:
    """Every method may be called from any thread. The first question reads all embeddings: not for the GUI's."""

    def __init__(self, library: Speaking) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._lexis: Lexis | None = None
        self._known: _Known | None = None
        self._related: dict[str, tuple[str, ...]] = {}

    def lexis(self) -> Lexis:
        """The words of the shipped network, to rank photos by. Raises ModelError when they or the network are missing,
        and when likeness rests on another network's embeddings, which these words do not read."""
        annotator = self._library.annotator()
        if annotator.embedded_by != annotator.model.hash:
            raise ModelError(
                "Words find no photos while a network of your own says what looks alike: they read the embeddings of"
                " the one that ships."
            )
        return self._words()

    def _words(self) -> Lexis:
        network = self._library.annotator().model.hash
        with self._lock:
            if self._lexis is None or self._lexis.network != network:
                self._lexis = Lexis.load(models_dir() / SHIPPED, network)
            return self._lexis

    def read(self, phrase: str) -> Phrase:
        """Which words of a phrase photos can be ranked by, and which not. Raises ModelError."""
        return self.lexis().read(phrase)

    def rank(self, phrase: str | Phrase, ids: Sequence[int] | Ids) -> NDArray[np.float32]:
        """How probably each of these photos shows what a phrase says, in 0..1; 0 for photos not seen by the network.

        All are 0 when no word of the phrase is known. Raises ModelError.
        """
        lexis, known = self.lexis(), self._photos()
        wanted = np.asarray(ids, np.int64)
        if not len(known.ids) or not len(wanted):
            return np.zeros(len(wanted), np.float32)
        places = np.minimum(np.searchsorted(known.ids, wanted), len(known.ids) - 1)
        scores = lexis.score(phrase, known.seen)[places]
        return np.asarray(scores * (known.ids[places] == wanted), np.float32)

    def by_word(self, phrase: str | Phrase, limit: int = LIMIT) -> list[tuple[int, float]]:
        """The photos that fit a phrase best, with scores in 0..1; none when no word is known. Raises ModelError."""
        lexis = self.lexis()
        words = lexis.read(phrase) if isinstance(phrase, str) else phrase
        known = self._photos()
        if not words.known or not len(known.ids) or limit < 1:
            return []
        scores = lexis.score(words, known.seen)
        rows = np.arange(len(scores))
        if len(rows) > limit:
            rows = np.argpartition(-scores, limit - 1)[:limit]
        rows = rows[np.lexsort((known.ids[rows], -scores[rows]))]
        return [(int(known.ids[row]), float(scores[row])) for row in rows]

    def related(self, tag: str) -> tuple[str, ...]:
        """The two nearest words of a tag, other names of it left out; none where no words are at hand."""
        if tag not in self._related:
            try:
                self._related[tag] = tuple(self._words().related(tag, self._library.vocabulary()))
            except ModelError:
                return ()
        return self._related[tag]

    def warm(self) -> None:
        """Read what the first question needs. Raises ModelError."""
        self._photos()

    def _photos(self) -> _Known:
        lexis, model = self.lexis(), self._library.annotator().model_hash
        catalog = self._library.catalog
        with self._lock:
            counter = catalog.learning.annotated()
            known = self._known
            if known is None or known.model != model:
                empty = np.zeros((0, lexis.looks.shape[1]), np.float32)
                known = self._with(lexis, _Known(model, -1, np.zeros(0, np.int64), empty))
            elif known.counter != counter:
                known = self._with(lexis, known, counter)
            self._known = _Known(known.model, counter, known.ids, known.seen)
            return self._known

    def _with(self, lexis: Lexis, known: _Known, counter: int = 0) -> _Known:
        """Only what is new is read when nothing but new photos came, else everything."""
        likeness = self._library.catalog.likeness
        ids = likeness.embedded(known.model)
        fresh = np.setdiff1d(ids, known.ids, assume_unique=True)
        if known.counter < 0 or len(fresh) != counter - known.counter:
            known = _Known(known.model, 0, known.ids[:0], known.seen[:0])
            fresh = ids
        parts = [(found, lexis.see(rows)) for found, rows in likeness.embeddings(known.model, fresh)]
        every = np.concatenate([known.ids, *(found for found, _ in parts)])
        seen = np.concatenate([known.seen, *(rows for _, rows in parts)])
        order = np.argsort(every, kind="stable")
        return _Known(known.model, 0, every[order], seen[order])
