"""What a whole review costs, where the labels follow from each other."""

from __future__ import annotations

import numpy as np

from photomgr.annotate.annotator import Annotator
from photomgr.library.simulated_session import play_session
from photomgr.library.simulation import LabelledPhotos


def test_nobody_is_asked_for_the_dog_where_there_is_no_animal() -> None:
    annotator, count = Annotator.load(), 240
    labels = [frozenset({"dog", "animal"})] * 60 + [frozenset({"animal"})] * 40 + [frozenset[str]()] * 140
    dice = np.random.default_rng(1)
    scores = np.zeros((count, len(annotator.labels)), np.float16)
    scores[:, annotator.labels.index("animal")] = dice.uniform(0.5, 0.9, count)
    scores[:, annotator.labels.index("dog")] = dice.uniform(0.1, 0.4, count)
    embeddings = dice.normal(size=(count, 16)).astype(np.float16)
    job = play_session(
        LabelledPhotos(embeddings, scores, tuple(labels)), annotator, ["animal", "dog"], share=1.0
    )
    try:
        while True:
            next(job)
    except StopIteration as stop:
        cost = stop.value
    assert (cost.pairs, cost.known, cost.implied_wrongly) == (160, 2, 0)
    # all are asked whether there is an animal, and hardly more than the hundred of them whether it is a dog
    assert cost.decisions < 1.5
    assert cost.plain_decisions > 1.8
    assert cost.asked <= cost.decisions and cost.sure_right <= 1
