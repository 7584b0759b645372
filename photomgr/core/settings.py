"""Each setting once: its type, default, range and what it does, in words for the person."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .errors import PhotomgrError, UsageError


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``low`` and ``high`` bound numbers; ``choices`` bound texts."""

    name: str
    default: bool | int | float | str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value as kept. Raises UsageError when it does not fit."""
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise UsageError(f"{self.name} takes a value of type {kind.__name__}, not {value!r}.")
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}.")
        if self.low is not None and self.high is not None and not self.low <= float(value) <= self.high:
            raise UsageError(f"{self.name} lies between {self.low:g} and {self.high:g}, not at {value}.")
        return value


SETTINGS: Final[dict[str, Setting]] = {
    setting.name: setting
    for setting in (
        Setting("read_only", False, "Open the library to look at, and refuse every change."),
        Setting("annotate", True, "Suggest tags for new photos in the background."),
        Setting("watch", True, "Notice new, changed and moved photos while the program runs."),
        Setting("rescan_minutes", 30, "How often folders are looked through again, in minutes.", 1, 1440),
        Setting("annotate_threads", 2, "How many photos are decoded and tagged at the same time.", 1, 16),
        Setting(
            "provider",
            "auto",
            "What the networks run on; auto takes the fastest that works.",
            choices=("auto", "cpu", "cuda", "openvino", "coreml", "directml"),
        ),
        Setting("thumbnail_size", 180, "The side of a photo in the grid, in pixels.", 96, 384),
        Setting(
            "colours", "system", "Dark, light, or as the system has it.", choices=("system", "light", "dark")
        ),
        Setting(
            "target_precision",
            0.95,
            "How often a suggestion in the sure band is to be right.",
            0.8,
            0.995,
        ),
        Setting(
            "visual",
            2,
            "How many photos that only look like a search follow its exact hits: 0 is none, 3 the most.",
            0,
            3,
        ),
        Setting(
            "variety",
            True,
            "Spread photos that look like a search, so that they do not begin with one burst.",
        ),
        Setting("backup_daily", True, "Make a backup of the catalog once a day."),
        Setting("backups_kept", 10, "How many daily backups are kept.", 1, 365),
        Setting(
            "write_metadata",
            "never",
            "Where decisions are written for other programs, by themselves, some seconds after you made them.",
            choices=("never", "sidecar", "file"),
        ),
        Setting(
            "sidecar_names",
            "IMG.jpg.xmp",
            "What new sidecars are called; both names are read.",
            choices=("IMG.jpg.xmp", "IMG.xmp"),
        ),
        Setting("pairs", True, "Decide on a RAW file and the picture of its name beside it together."),
        Setting("stacks", True, "Show RAW with JPEG, live photos and bursts as one photo that opens."),
        Setting("network", False, "Fetch a picture from the net when you give or drop its address."),
        Setting(
            "dropped",
            "tags",
            "What a picture dropped from a browser gives: its tags alone, or a place in the inbox.",
            choices=("tags", "inbox"),
        ),
        Setting(
            "inbox", "", "Folder that dropped pictures are saved into; empty: Inbox in your first folder."
        ),
        Setting("keep_mtime", False, "Keep a photo's time of change when tags are written into its file."),
    )
}


class Settings:
    """The person's settings, kept as JSON. Unknown or unfit entries of the file fall back to the default."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._foreign: dict[str, Any] = {}
        self._load()

    def _load(self) -> None:
        try:
            stored = json.loads(self._path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return
        except OSError as error:
            raise PhotomgrError(f"The settings cannot be read: {error.strerror}.") from error
        for name, value in stored.items() if isinstance(stored, dict) else ():
            try:
                self._values[name] = SETTINGS[name].check(value)
            except (KeyError, UsageError):  # of another version: kept in the file, not used
                self._foreign[name] = value

    def get(self, name: str) -> Any:
        """The value of a setting; KeyError for a name that was never declared."""
        return self._values.get(name, SETTINGS[name].default)

    def set(self, name: str, value: Any) -> None:
        """Check, keep and save a setting. Raises UsageError when the value does not fit."""
        if name not in SETTINGS:
            raise UsageError(f"There is no setting named {name}.")
        with self._lock:
            self._values[name] = SETTINGS[name].check(value)
            text = json.dumps(self._foreign | self._values, indent=2, sort_keys=True)
            temporary = self._path.with_suffix(".part")
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                temporary.write_text(text + "\n", "utf-8")
                os.replace(temporary, self._path)
            except OSError as error:
                raise PhotomgrError(f"The settings cannot be saved: {error.strerror}.") from error
