"""The names of all commands, for those who only want to know whether a word is one."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = frozenset(
    {
        *("index", "annotate", "suggest", "search", "show", "why"),
        *("accept", "reject", "tag", "untag", "rate", "label", "title", "caption", "undo", "redo"),
        *("review", "groups", "simulate", "runs", "report", "tags"),
        "models",
        *("xmp",),
        *("similar", "duplicates", "searches", "albums"),
        *("xmp", "export", "import", "copy"),
        *("rename", "move", "trash", "relink"),
        *("similar", "duplicates"),
        *("doctor", "backup", "restore", "rebuild", "train"),
    }
)
