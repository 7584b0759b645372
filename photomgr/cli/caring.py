"""doctor, backup, restore, rebuild."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from ..core.errors import ReadOnly
from ..library import backups, words
from .opening import open_library, paths_of, reading
from .output import Output


def doctor(options: Namespace, output: Output) -> int:
    """Look at everything that can be wrong; 1 when something is."""
    with reading(options) as library:
        findings = library.doctor()
    for finding in findings:
        advice = f"\n       {finding.advice}" if finding.advice else ""
        output.record(asdict(finding), f"{finding.level:<6} {finding.text}{advice}")
    return 1 if any(finding.level == "fault" for finding in findings) else 0


def backup(options: Namespace, output: Output) -> int:
    """Copy the catalog, also while another program writes to it."""
    with reading(options) as library:
        made = library.backup(options.folder)
    output.record({"backup": str(made)}, f"Backup made and checked: {made}")
    return 0


def restore(options: Namespace, output: Output) -> int:
    """Bring a backup back."""
    if options.read_only:
        raise ReadOnly("Read-only mode restores nothing.")
    kept = backups.restore(paths_of(options), options.folder)
    before = f" The catalog that was there is kept as {kept}" if kept else ""
    output.record({"kept": str(kept) if kept else None}, f"The backup is back.{before}")
    with open_library(options, output) as library:
        output.drive("indexing", library.index())
    return 0


def rebuild(options: Namespace, output: Output) -> int:
    """Make again what is derived."""
    with open_library(options, output) as library:
        output.drive("rebuilding", library.rebuild())
        photos = library.counts().photos
    output.record({"photos": photos}, f"Index and thumbnails of {words.photos(photos)} are made again.")
    return 0
