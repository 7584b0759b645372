"""A real catalog with photos that exist only as rows."""

from __future__ import annotations

import os
from pathlib import Path

from photomgr.core.catalog import Catalog
from photomgr.core.catalog.verdicts import Judgement
from photomgr.core.records import Change, FileBatch, FileFacts, FileStamp, Metadata


def fact(folder: Path, name: str | bytes, content: int = 0, metadata: Metadata | None = None) -> FileFacts:
    """What a scan would read of a file."""
    raw = name if isinstance(name, bytes) else os.fsencode(name)
    digest = (content or abs(hash(raw)) % 10**15).to_bytes(16, "big")
    return FileFacts(os.fsencode(folder), raw, FileStamp(1000, 1), digest, metadata or Metadata(), None)


def fill(catalog: Catalog, folder: Path, count: int, metadata: Metadata | None = None) -> list[int]:
    """Add a root with ``count`` photos and return their ids."""
    folder.mkdir(exist_ok=True)
    catalog.files.add_root(folder)
    root = catalog.files.roots()[-1].id
    batch = FileBatch(root, new=[fact(folder, f"{n}.jpg", n + 1, metadata) for n in range(count)])
    return sorted(catalog.files.write(batch).photos)


def judge(catalog: Catalog, verdict: str, tag: str, ids: list[int]) -> Change:
    """One decision over photos."""
    return catalog.verdicts.judge(
        [Judgement(each, tag, verdict) for each in ids], lambda n: f"{n} {verdict} {tag}"
    )
