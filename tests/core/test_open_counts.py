"""Open suggestions are counted from what changed alone, and always as looking at each of them counts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from photomgr.core.catalog import Catalog
from photomgr.core.errors import UsageError
from photomgr.core.records import FileBatch, Suggestion
from tests.core.catalog_kit import fill, judge

TAGS = ("dog", "pet", "animal", "sea", "ocean", "Rex")


def looked_at(catalog: Catalog) -> dict[str, tuple[int, int]]:
    """Tag -> (open, open and sure), by a look at each suggestion."""
    cursor = catalog.connection.reader().execute(
        "SELECT t.name, count(*), sum(s.score >= coalesce(b.sure, l.sure, 0.95)) FROM open_suggestions s"
        " JOIN photos p ON p.id = s.photo AND p.presence <> 2 JOIN tags t ON t.id = s.tag"
        " LEFT JOIN learnt l ON l.tag = s.tag LEFT JOIN bands b ON b.tag = s.tag GROUP BY s.tag"
    )
    return {name: (count, sure) for name, count, sure in cursor}


@pytest.mark.parametrize("seed", range(4))
def test_every_change_is_counted(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    with_gone: list[int] = []
    catalog = Catalog(tmp_path / "catalog.db")
    try:
        ids = fill(catalog, tmp_path / "photos", 12)
        root = catalog.files.roots()[0].id
        catalog.keeping.know("v", [("dog", "pet"), ("pet", "animal")])

        def suggest() -> None:
            catalog.annotations.write("a" * 64, [
                (photo, b"", b"", b"", [Suggestion(tag, dice.choice((0.3, 0.8, 0.97))) for tag in TAGS
                                        if dice.random() < 0.7])
                for photo in dice.sample(ids, 8)
            ])  # fmt: skip

        suggest()
        for _ in range(60):
            tag, other = dice.sample(TAGS, 2)
            some = dice.sample(ids, dice.randint(1, 4))
            step = dice.randrange(11)
            try:
                if step < 4:
                    judge(catalog, dice.choice(("accept", "reject", "tag", "untag")), tag, some)
                elif step == 4:
                    catalog.verdicts.undo()
                elif step == 5:
                    catalog.keeping.set_ignored(tag, dice.random() < 0.5, str)
                elif step == 6:
                    bands = (dice.choice((0.5, 0.9)), 0.2)
                    catalog.keeping.set_bands(tag, bands if dice.random() < 0.6 else None, str)
                elif step == 7:
                    catalog.keeping.set_parent(tag, other, dice.random() < 0.6, str)
                elif step == 8:
                    suggest()
                elif step == 9 and not with_gone:
                    catalog.files.write(FileBatch(root, gone=some))
                    with_gone += some
                else:
                    catalog.keeping.merge(tag, other, str)
            except UsageError:
                continue
            expected = looked_at(catalog)
            found = {each.tag: (each.waiting, each.sure) for each in catalog.reviews.tags()}
            assert found == expected
            assert {each.tag: each.suggested for each in catalog.lists.tags() if each.suggested} == {
                name: count for name, (count, _) in expected.items()
            }
    finally:
        catalog.close()
