"""The map from the network's embedding to words: any word ranks any photo.

Each word has a direction in the space of embeddings. Where photos speak of it (captions, tags, the classes of a
teacher) it is learned from them by ridge regression; from the word vectors of all of these, a linear map foretells
the direction of every other word (as in ESZSL, Romera-Paredes & Torr 2015). The two are mixed by how much the photos
say. Directions are scaled to the same spread over natural photos, so that the scores of different words compare.
Only numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photomgr.annotate.words import Lexis
from photomgr.train.captions import Vectors

Floats = NDArray[np.float32]

STIFF = 1.0
"""Ridge of the regressions on photos, in mean variances of the embedding."""
LOOSE = 0.1
"""Ridge of the map from word vectors to directions, in mean variances of the vectors."""
TRUST = 8.0
"""From so many photos on, a word's own direction counts as much as the one that its vector foretells."""
_FIRM = 20.0
"""Photos at which a direction counts half in the fit of the map."""
_LOOKS = 128
"""Numbers kept of each direction."""
_SURE_MENTIONS = 2.0
"""A word that so many of a photo's captions use is certainly there."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What photos say of words: ``embedding`` [N, E] of unit length, and ``value`` [N, K] in 0..1.

    ``words`` [K] are positions in the list of words, ``photos`` [K] how many photos speak of each.
    """

    embedding: Floats
    value: Floats
    words: NDArray[np.int64]
    photos: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sight:
    """The map: scores of words are ``(embedding - centre) @ directions``, of spread 1 over natural photos.

    ``directions`` [E, V]; ``reliance`` [V] in 0..1, how far photos rather than word vectors made each direction.
    """

    centre: Floats
    directions: Floats
    reliance: Floats
    covariance: Floats


def mentions(vectors: Vectors, captions: Sequence[str]) -> Floats:
    """How sure it is that each word is on each photo, [N, V] in 0..1, from its captions with `` || `` between them."""
    place = {word: number for number, word in enumerate(vectors.words)}
    value = np.zeros((len(captions), len(place)), np.float32)
    for row, texts in enumerate(captions):
        for text in texts.split(" || "):
            found = vectors.language.words(text)
            # A name of two words is also there as what its last word says: a swimming pool is a pool.
            for word in {*found, *(part for name in found for part in name.split()[1:])}:
                if word in place:
                    value[row, place[word]] += 1
    return np.asarray(np.minimum(value / _SURE_MENTIONS, 1.0), np.float32)


def spoken(embedding: Floats, value: Floats, hidden: Collection[int] = (), least: int = 3) -> Evidence:
    """Evidence of :func:`mentions`, of words that ``least`` photos or more speak of and that are not ``hidden``."""
    photos = (value > 0).sum(axis=0)
    kept = np.array([w for w in np.flatnonzero(photos >= least) if w not in set(hidden)], np.int64)
    return Evidence(embedding, value[:, kept], kept, photos[kept].astype(np.float64))


def learn_sight(vectors: Floats, evidence: Sequence[Evidence], natural: Floats) -> Sight:
    """Directions of all words with ``vectors`` [V, d]; ``natural`` [M, E]: embeddings as a photo library has them."""
    centre = natural.mean(axis=0)
    moved = natural - centre
    covariance = moved.T @ moved / len(moved)
    own = np.zeros((natural.shape[1], len(vectors)), np.float32)
    weight = np.zeros(len(vectors), np.float64)
    for part in evidence:
        found = _scaled(_regress(part.embedding, part.value), covariance)
        own[:, part.words] += found * np.sqrt(part.photos)[None, :].astype(np.float32)
        weight[part.words] += part.photos
    own = _scaled(own, covariance)
    told = _scaled(_foretell(vectors, own, weight), covariance)
    reliance = (weight / (weight + TRUST)).astype(np.float32)
    mixed = _scaled(own * reliance + told * (1 - reliance), covariance)
    return Sight(centre, mixed, reliance, covariance)


def _regress(embedding: Floats, value: Floats) -> Floats:
    """Ridge regression of every column of ``value`` [N, K] on the embedding: directions [E, K]."""
    moved = embedding - embedding.mean(axis=0)
    spread = moved.T @ moved / len(moved)
    spread[np.diag_indices(len(spread))] += STIFF * np.trace(spread) / len(spread)
    found = np.linalg.solve(spread, moved.T @ (value - value.mean(axis=0)) / len(moved))
    return np.asarray(found, np.float32)


def _foretell(vectors: Floats, own: Floats, weight: NDArray[np.float64]) -> Floats:
    """Directions [E, V] from word vectors [V, d], by a map fitted to the words that photos speak of."""
    firm = (weight / (weight + _FIRM)).astype(np.float32)
    weighted = vectors * firm[:, None]
    gram = weighted.T @ vectors
    gram[np.diag_indices(len(gram))] += LOOSE * np.trace(gram) / len(gram)
    return np.asarray((vectors @ np.linalg.solve(gram, weighted.T @ own.T)).T, np.float32)


def _scaled(directions: Floats, covariance: Floats) -> Floats:
    spread = np.sqrt(np.maximum(np.einsum("ek,ek->k", directions, covariance @ directions), 0))
    return np.asarray(directions / np.maximum(spread, 1e-9), np.float32)


@dataclass(frozen=True, eq=False)
class Chance:
    """How a word's score becomes a probability: the logit is ``slope * score + offset``, both [V]."""

    slope: Floats
    offset: Floats


def learn_chance(sight: Sight, rate: NDArray[np.float64], embedding: Floats, value: Floats) -> Chance:
    """Four numbers for all words, fitted to photos [N] that nothing was learned from, whose ``value`` is [N, V].

    The slope grows with the word's reliance; the offset follows its ``rate`` [V], its share in the captions.
    """
    score = (embedding - sight.centre) @ sight.directions
    prior = _prior(rate)
    trusted, usual = np.broadcast_to(sight.reliance, score.shape), np.broadcast_to(prior, score.shape)
    # Every mention, and of the rest a share that the weight makes up for.
    rng = np.random.default_rng(1)
    there = value > 0
    kept = there | (rng.random(value.shape) < 0.02)
    x, r, p = (part[kept].astype(np.float64) for part in (score, trusted, usual))
    truth, weight = there[kept].astype(np.float64), np.where(there[kept], 1.0, 50.0)
    table = np.stack([x, r * x, p, np.ones_like(x)], axis=1)
    beta = np.array([0.5, 0.5, 1.0, 0.0])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(table @ beta, -30, 30)))
        bend = weight * chance * (1 - chance)
        curve = (table * bend[:, None]).T @ table + 1e-6 * np.eye(4)
        move = np.linalg.solve(curve, table.T @ (weight * (chance - truth)))
        beta -= move * min(1.0, 1.0 / max(1e-9, float(np.abs(move).max())))
    slope = np.maximum(0.1, beta[0] + beta[1] * sight.reliance)
    return Chance(slope.astype(np.float32), (beta[2] * prior + beta[3]).astype(np.float32))


def _prior(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.clip(rate, 1e-6, 0.9)
    return np.asarray(np.log(share / (1 - share)))


def lexis(vectors: Vectors, sight: Sight, chance: Chance, captions: int, network: str) -> Lexis:
    """Everything that ships, reduced to a few numbers a word; ``captions``: how many were read."""
    # In a basis where natural photos have the same spread everywhere, cutting directions off costs scores the least.
    values, axes = np.linalg.eigh(sight.covariance.astype(np.float64))
    root = np.sqrt(np.maximum(values, values.max() * 1e-7))
    left, strength, right = np.linalg.svd((root[:, None] * (axes.T @ sight.directions)), full_matrices=False)
    kept = min(_LOOKS, len(strength))
    projection = (axes / root) @ left[:, :kept]
    looks = (strength[:kept, None] * right[:kept]).T
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
    rarity = np.log((captions + 1.0) / (vectors.count + 1.0))
    return Lexis(
        network, vectors.words, _forms(vectors), vectors.vectors, looks.astype(np.float32), sight.centre,
        projection.astype(np.float32), chance.slope, chance.offset, rarity.astype(np.float32), vectors.things,
        vectors.count >= _USUAL, sight.reliance,
    )  # fmt: skip


_USUAL = 15
"""Mentions from which on a word may be offered as related: rarer ones lie where chance put them."""


def _forms(vectors: Vectors) -> Mapping[str, str]:
    """Forms whose lemma is in the list and cannot be had by the rule that a reader of the list applies."""
    known = {part for word in vectors.words for part in word.split()}
    return {form: word for form, word in vectors.language.forms.items() if form != word and word in known}


def write(target: Path, made: Lexis) -> None:
    """Write the file that ships, all or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.stem}.partial.npz")
    made.save(partial)
    partial.replace(target)
