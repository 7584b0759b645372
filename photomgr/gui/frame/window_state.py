"""What the window remembers from one start to the next: its layout, and where the person was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, QSettings

from photomgr.core.records import Sort
from photomgr.gui.search.navigator import Place

_VERSION: Final = 1
_LONGEST: Final = 2000  # characters of a query


@dataclass(slots=True)
class Layout:
    """Sizes in pixels; the byte arrays are Qt's own."""

    geometry: QByteArray
    columns: QByteArray
    left: QByteArray
    left_shown: bool = True
    right_shown: bool = True
    cell: int = 0


class WindowState:
    """Reads and writes ``window.ini``. What is damaged or of another version is as if it were not there."""

    def __init__(self, path: Path) -> None:
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def _get(self, key: str, kind: type, default: Any) -> Any:
        value = self._store.value(key, default)
        try:
            if kind is bool:
                return value if isinstance(value, bool) else str(value).lower() in ("true", "1")
            if kind is QByteArray:
                return value if isinstance(value, QByteArray) else QByteArray()
            return kind(value)
        except (TypeError, ValueError):
            return default

    def layout(self) -> Layout:
        """The remembered layout; empty arrays where there is none."""
        if self._get("version", int, 0) != _VERSION:
            return Layout(QByteArray(), QByteArray(), QByteArray())
        return Layout(
            self._get("geometry", QByteArray, QByteArray()),
            self._get("columns", QByteArray, QByteArray()),
            self._get("left", QByteArray, QByteArray()),
            self._get("left_shown", bool, True),
            self._get("right_shown", bool, True),
            self._get("cell", int, 0),
        )

    def place(self) -> tuple[Place, int | None]:
        """The last place, and the photo that was selected there."""
        query = str(self._get("query", str, ""))[:_LONGEST]
        try:
            sort = Sort(self._get("sort", str, Sort.NEWEST.value))
        except ValueError:
            sort = Sort.NEWEST
        opened = self._get("photo", int, 0) or None
        selected = self._get("selected", int, 0) or None
        return Place(query, sort, opened), selected

    def save(self, layout: Layout, place: Place, selected: int | None) -> None:
        """Remember; a disk that refuses is no reason to bother the person at the end."""
        values: dict[str, Any] = {
            "version": _VERSION,
            "geometry": layout.geometry,
            "columns": layout.columns,
            "left": layout.left,
            "left_shown": layout.left_shown,
            "right_shown": layout.right_shown,
            "cell": layout.cell,
            "query": place.query,
            "sort": place.sort.value,
            "photo": place.photo or 0,
            "selected": selected or 0,
        }
        for key, value in values.items():
            self._store.setValue(key, value)
        self._store.sync()
