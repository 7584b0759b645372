"""Suggestions of the shipped network on real photos, and the rules by which they are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from photomgr.annotate.annotator import Annotation, Annotator
from photomgr.core.errors import ModelError


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator.load()


def seen(annotator: Annotator, photo: NDArray[np.uint8]) -> Annotation:
    return annotator.annotate(annotator.prepare(Image.fromarray(photo))[None])[0]


def made_up(annotator: Annotator, **scores: float) -> NDArray[np.float32]:
    values = np.zeros(len(annotator.labels), np.float32)
    for tag, score in scores.items():
        values[annotator.labels.index(tag.replace("_", " "))] = score
    return values


@pytest.mark.parametrize(
    ("photo", "tags"),
    [
        ("chelsea", {"cat", "animal", "pet"}),
        ("coffee", {"coffee", "cup", "drink"}),
        ("astronaut", {"people", "portrait"}),
        ("rocket", {"sky", "outdoor", "structure"}),
    ],
)
def test_knows_what_is_on_real_photos(annotator: Annotator, photo: str, tags: set[str]) -> None:
    annotation = seen(annotator, getattr(data, photo)())
    assert tags <= {s.tag for s in annotator.suggestions(annotation.scores)}


def test_a_cat_is_no_dog(annotator: Annotator) -> None:
    tags = {s.tag for s in annotator.suggestions(seen(annotator, data.chelsea()).scores)}
    assert not tags & {"dog", "car", "people", "food"}


def test_an_annotation_is_half_precision_and_of_unit_length(annotator: Annotator) -> None:
    annotation = seen(annotator, data.chelsea())
    assert annotation.scores.dtype == annotation.embedding.dtype == np.float16
    assert annotation.scores.shape == (len(annotator.labels),)
    assert float(np.linalg.norm(annotation.embedding.astype(np.float32))) == pytest.approx(1.0, abs=0.01)


def test_best_come_first_with_their_reasons(annotator: Annotator) -> None:
    found = annotator.suggestions(seen(annotator, data.chelsea()).scores)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    assert all(0.0 <= s.score <= 1.0 and set(s.reasons) == {"network"} for s in found)


def test_a_dog_lifts_what_it_implies(annotator: Annotator) -> None:
    found = {s.tag: s for s in annotator.suggestions(made_up(annotator, dog=0.9))}
    assert set(found) == {"dog", "animal", "pet"}
    assert found["animal"].score == pytest.approx(0.9)
    assert found["animal"].reasons == {"network": 0.0}


def test_a_doubtful_dog_lifts_nothing_into_sight(annotator: Annotator) -> None:
    assert annotator.suggestions(made_up(annotator, dog=0.05)) == []


def test_rejected_tags_stay_away_and_lift_nothing(annotator: Annotator) -> None:
    scores = made_up(annotator, dog=0.9)
    assert annotator.suggestions(scores, rejected=frozenset({"dog"})) == []
    rest = {s.tag for s in annotator.suggestions(scores, rejected=frozenset({"animal"}))}
    assert rest == {"dog", "pet"}


def test_limit_keeps_the_best(annotator: Annotator) -> None:
    scores = made_up(annotator, dog=0.9, beach=0.95)
    assert annotator.suggestions(scores, limit=1)[0].score == pytest.approx(0.95)
    assert annotator.suggestions(scores, limit=0) == []


def test_all_tags_are_given_when_asked_for(annotator: Annotator) -> None:
    found = annotator.suggestions(made_up(annotator, dog=0.3), all_tags=True)
    assert len(found) == len(annotator.labels)
    assert {s.tag for s in found[:3]} == {"dog", "animal", "pet"}


def test_every_label_is_a_tag_of_the_vocabulary(annotator: Annotator) -> None:
    assert set(annotator.labels) == {tag.name for tag in annotator.vocabulary.tags}


def test_black_and_white_is_seen(annotator: Annotator) -> None:
    grey = np.asarray(Image.fromarray(data.astronaut()).convert("L").convert("RGB"))
    tag = "black and white"
    column = annotator.labels.index(tag)
    assert float(seen(annotator, grey).scores[column]) > 0.5
    assert float(seen(annotator, data.astronaut()).scores[column]) < 0.3


def test_no_network_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Annotator.load(tmp_path)
