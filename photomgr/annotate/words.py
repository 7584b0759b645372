"""Words: which lie near each other, and how well any of them fits any photo. Only numpy.

The file ``words.npz`` stands beside the network whose embeddings it reads; it is written by ``photomgr train export``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.lemmas import STOP, possible, tokens
from photomgr.annotate.vocabulary import Vocabulary
from photomgr.core.arrays import read_arrays
from photomgr.core.errors import ModelError

Floats = NDArray[np.float32]

FILE = "words.npz"
_TOGETHER = 0.5
"""What each word of a phrase takes from the offset: a photo that has them all is rarer than one that has one."""
_LOOKS_TOO = 0.3
"""Share of the looks, beside the company they keep, in how near two words are: a lake is near a river for both."""
_SAME = 0.9
"""Words whose vectors are this close name the same thing."""
_STEM = 5
"""Letters that words have in common at least where they are forms of one."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text as words: the ``known`` ones, by which photos can be ranked, and the ``unknown`` ones."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Lexis:
    """V words for the embeddings [E] of one ``network`` (its SHA-256). Safe to use from several threads.

    ``forms``: dictionary form of inflected words. ``vectors`` [V, d] and ``looks`` [V, m], both of unit length: where
    a word lies among words, and what its photos look like. A photo is seen as ``(embedding - centre) @ projection``;
    its product with a word's look is a score of spread 1 over natural photos, and ``slope`` and ``offset`` [V] make
    the logit of a probability from it. ``rarity`` [V]: logarithm of how seldom a caption has the word. ``things``
    [V]: a list of things names it. ``usual`` [V]: captions have it often. ``reliance`` [V] in 0..1: how far photos,
    and not only other words, have shown what it looks like.
    """

    network: str
    words: tuple[str, ...]
    forms: Mapping[str, str]
    vectors: Floats
    looks: Floats
    centre: Floats
    projection: Floats
    slope: Floats
    offset: Floats
    rarity: Floats
    things: NDArray[np.bool_]
    usual: NDArray[np.bool_]
    reliance: Floats

    @classmethod
    def load(cls, folder: Path, network: str | None = None) -> Lexis:
        """Read ``words.npz`` in a network's folder. Raises ModelError when it is missing, damaged or foreign.

        ``network``: the SHA-256 of the network whose embeddings will be ranked; not checked when None.
        """
        path = folder / FILE
        try:
            made = cls._unpacked(read_arrays(path))
        except OSError as error:
            raise ModelError(f"The words {path} cannot be read: {error.strerror or error}.") from error
        except (ValueError, KeyError) as error:
            raise ModelError(f"The words {path} are damaged: {error}.") from error
        if network is not None and made.network != network:
            raise ModelError(f"The words {path} were made for another network.")
        return made

    @classmethod
    def _unpacked(cls, stored: Mapping[str, NDArray[Any]]) -> Lexis:
        words = tuple(stored["words"].tobytes().decode("utf-8").split("\n"))
        pairs = (
            line.partition("\t")[::2]
            for line in stored["forms"].tobytes().decode("utf-8").split("\n")
            if line
        )
        floats = {
            key: stored[key].astype(np.float32)
            for key in ("centre", "projection", "slope", "offset", "rarity", "reliance")
        }
        made = cls(
            network=stored["network"].tobytes().decode("ascii"), words=words,
            forms=dict(pairs), vectors=_unit(stored["vectors"]), looks=_unit(stored["looks"]),
            things=stored["things"].astype(np.bool_), usual=stored["usual"].astype(np.bool_), **floats,
        )  # fmt: skip
        lengths = {len(words), *(len(getattr(made, key)) for key in _EACH)}
        if len(lengths) != 1 or made.projection.shape != (len(made.centre), made.looks.shape[1]):
            raise ValueError("its parts do not fit each other")
        return made

    def save(self, target: Path) -> None:
        """Write to ``target``, vectors in 8 bits and everything else in 16."""
        forms = "\n".join(f"{form}\t{word}" for form, word in sorted(self.forms.items()))
        halves = ("centre", "projection", "slope", "offset", "rarity", "reliance")
        np.savez_compressed(
            target, network=_text(self.network), words=_text("\n".join(self.words)), forms=_text(forms),
            vectors=_bytes(self.vectors), looks=_bytes(self.looks), things=self.things, usual=self.usual,
            **{key: getattr(self, key).astype(np.float16) for key in halves},
        )  # fmt: skip

    # texts

    @cached_property
    def place(self) -> dict[str, int]:
        """Position of every word."""
        return {word: number for number, word in enumerate(self.words)}

    def lemma(self, word: str) -> str:
        """The form of a lower-case word under which it is listed, if any form of it is; else the word."""
        if word in self.forms:
            return self.forms[word]
        return next((form for form in possible(word) if form in self.place), word)

    def read(self, text: str) -> Phrase:
        """The words of a text. Names of two words count as one; words like "the" are left out."""
        run = tokens(text)
        lemmas = [self.lemma(token) for token in run]
        known: list[str] = []
        unknown: list[str] = []
        spot = 0
        while spot < len(run):
            pair = " ".join(lemmas[spot : spot + 2])
            if pair in self.place and spot + 1 < len(run):
                known.append(pair)
                spot += 2
                continue
            if run[spot] not in STOP and lemmas[spot] not in STOP:
                (known if lemmas[spot] in self.place else unknown).append(
                    lemmas[spot] if lemmas[spot] in self.place else run[spot]
                )
            spot += 1
        return Phrase(tuple(dict.fromkeys(known)), tuple(dict.fromkeys(unknown)))

    # photos

    def rank(self, text: str | Phrase, embeddings: NDArray[Any]) -> Floats:
        """How probably each photo shows what a text says, [N] in 0..1, for ``embeddings`` [N, E] of unit length.

        Zero for all photos when no word of it is known. Scores of different words compare.
        """
        phrase = self.read(text) if isinstance(text, str) else text
        if not phrase.known:
            return np.zeros(len(embeddings), np.float32)
        look, slope, offset = self._aim(phrase)
        direction = (slope * self.projection @ look).astype(np.float32)
        return _chance(np.asarray(embeddings, np.float32) @ direction + (offset - self.centre @ direction))

    def see(self, embeddings: NDArray[Any]) -> Floats:
        """Photos as words see them, [N, m], which is less to keep than the ``embeddings`` [N, E] of unit length."""
        seen = np.asarray(embeddings, np.float32) @ self.projection
        return np.asarray(seen - self.centre @ self.projection, np.float32)

    def score(self, text: str | Phrase, seen: Floats) -> Floats:
        """The same as :meth:`rank` for photos [N, m] of :meth:`see`."""
        phrase = self.read(text) if isinstance(text, str) else text
        if not phrase.known:
            return np.zeros(len(seen), np.float32)
        look, slope, offset = self._aim(phrase)
        return _chance(slope * (seen @ look) + offset)

    def _aim(self, phrase: Phrase) -> tuple[Floats, float, float]:
        """Look, slope and offset of a phrase: the mean of its words, rare and well-known ones weighing more."""
        chosen = [self.place[word] for word in phrase.known]
        weight = np.sqrt(np.maximum(self.rarity[chosen], 0.5)) * (0.3 + self.reliance[chosen])
        weight = weight / weight.sum()
        look = weight @ self.looks[chosen]
        look = look / max(float(np.linalg.norm(look)), 1e-9)
        offset = float(weight @ self.offset[chosen]) - _TOGETHER * (len(chosen) - 1)
        return look.astype(np.float32), float(weight @ self.slope[chosen]), offset

    def best(self, embedding: NDArray[Any], count: int = 10) -> list[tuple[str, float]]:
        """The words that fit a photo with this ``embedding`` [E] best, with their probabilities."""
        logits = self.slope * (self.looks @ self.see(embedding[None])[0]) + self.offset
        order = np.argsort(-logits)[:count]
        return [(self.words[n], float(1 / (1 + np.exp(-np.clip(logits[n], -30, 30))))) for n in order]

    # words

    def nearest(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The usual words at the smallest angles with a word or phrase, with the cosines; [] for what is unknown."""
        phrase = self.read(word)
        if not phrase.known:
            return []
        cosine = np.where(self.usual, self._cosine(phrase), -1.0)
        own = {*phrase.known, " ".join(phrase.known)}
        order = [n for n in np.argsort(-cosine)[: count + len(own)] if self.words[n] not in own]
        return [(self.words[n], float(cosine[n])) for n in order[:count]]

    def related(self, tag: str, vocabulary: Vocabulary | None = None, count: int = 2) -> list[str]:
        """The nearest words that name another thing than a tag: no other form or name of it, none twice.

        A word that a vocabulary lists is given under the tag's own name. Where no word of the tag is known, those of
        its other names count, and at last the broader tags stand for it.
        """
        known = vocabulary or Vocabulary(())
        meant = known.resolve(tag)
        names = [tag, *self._names(known, meant)]
        phrase = next((each for each in map(self.read, names) if each.known), None)
        if phrase is None:
            return list(known.parents_of(meant)[:count]) if meant else []
        listed = self._listed(known)
        taken = set(self._parts(names))
        near = (1 - _LOOKS_TOO) * self._cosine(phrase) + _LOOKS_TOO * (self.looks @ self._aim(phrase)[0])
        cosine = np.where(self.things & self.usual, near, -1.0)
        found: list[str] = []
        vectors: list[Floats] = []
        for number in np.argsort(-cosine)[: 40 * count]:
            word = self.words[number]
            same = any(float(self.vectors[number] @ vector) > _SAME for vector in vectors)
            resolved = known.resolve(word) or listed.get(word)
            # The forms of a dictionary make no names of their own: "live room", "shop cart".
            mangled = " " in word and resolved is None
            if same or mangled or taken & set(self._parts([word])) or (resolved and resolved == meant):
                continue
            name = resolved or word
            if name in found or any(_alike(name, other) for other in [tag, *found]):
                continue
            taken |= set(self._parts([word, *self._names(known, resolved)]))
            found.append(name)
            vectors.append(self.vectors[number])
            if len(found) == count:
                break
        return found

    def _listed(self, vocabulary: Vocabulary) -> dict[str, str]:
        """The tags by the dictionary forms of their names: ``live room`` is the living room."""
        last, listed = self._forms.get("of", (None, {}))
        if last is not vocabulary:
            pairs = [(name, tag.name) for tag in vocabulary.tags for name in (*tag.aliases, tag.name)]
            listed = {" ".join(self._parts([name])): tag for name, tag in pairs if " " in name}
            self._forms["of"] = vocabulary, listed
        return listed

    @cached_property
    def _forms(self) -> dict[str, tuple[Vocabulary | None, dict[str, str]]]:
        return {}

    def _cosine(self, phrase: Phrase) -> Floats:
        chosen = [self.place[word] for word in phrase.known]
        mean = np.maximum(self.rarity[chosen], 0.5) @ self.vectors[chosen]
        return np.asarray(self.vectors @ (mean / max(float(np.linalg.norm(mean)), 1e-9)), np.float32)

    def _parts(self, names: Iterable[str]) -> list[str]:
        return [self.lemma(token) for name in names for token in tokens(name)]

    @staticmethod
    def _names(vocabulary: Vocabulary, tag: str | None) -> tuple[str, ...]:
        return next(((each.name, *each.aliases) for each in vocabulary.tags if each.name == tag), ())


def _alike(name: str, other: str) -> bool:
    """Whether one is a form of the other, as ``athletic`` is of ``athlete``."""
    if " " in name or " " in other:
        return False
    stem = max(_STEM, min(len(name), len(other)) - 2)
    return min(len(name), len(other)) >= stem and name[:stem] == other[:stem]


_EACH = ("vectors", "looks", "slope", "offset", "rarity", "reliance", "things", "usual")


def _chance(logits: NDArray[Any]) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def _text(value: str) -> NDArray[np.uint8]:
    return np.frombuffer(value.encode("utf-8"), np.uint8)


def _bytes(unit: Floats) -> NDArray[np.int8]:
    """Rows scaled so that their largest number is 127; only their angle is kept."""
    largest = np.maximum(np.abs(unit).max(axis=1, keepdims=True), 1e-9)
    return np.asarray(np.rint(unit / largest * 127), np.int8)


def _unit(stored: NDArray[Any]) -> Floats:
    rows = stored.astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
