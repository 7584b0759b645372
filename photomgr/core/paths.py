"""Every location that the program writes to, from one injectable base folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Paths:
    """Where catalog, index, caches and settings lie.

    ``data`` holds what must not be lost (the catalog, its backups), ``cache`` what can be made
    again (thumbnails, the search index).
    """

    data: Path
    cache: Path
    config: Path

    @classmethod
    def under(cls, base: Path) -> Paths:
        """All folders below ``base``: for ``--base DIR`` and for tests."""
        base = Path(os.path.abspath(base))
        return cls(base / "data", base / "cache", base / "config")

    @classmethod
    def default(cls) -> Paths:
        """The platform's own folders for this user."""
        dirs = platformdirs.PlatformDirs("photomgr", appauthor=False)
        return cls(Path(dirs.user_data_dir), Path(dirs.user_cache_dir), Path(dirs.user_config_dir))

    @property
    def catalog(self) -> Path:
        return self.data / "catalog.db"

    @property
    def pen(self) -> Path:
        """The lock file: whoever holds it may write."""
        return self.data / "catalog.pen"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def index(self) -> Path:
        """The Whoosh index: private, since opening one that somebody else made can run code."""
        return self.data / "index"

    @property
    def networks(self) -> Path:
        """Networks that the person took in, one folder for each."""
        return self.data / "networks"

    @property
    def thumbnails(self) -> Path:
        return self.cache / "thumbnails"

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def window_state(self) -> Path:
        return self.config / "window.ini"

    def make(self) -> None:
        """Create the folders, readable by their owner alone.

        Raises OSError when that is impossible.
        """
        for folder in (self.data, self.cache, self.config):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                folder.chmod(0o700)
