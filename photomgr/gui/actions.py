"""Everything that can be done by menu or key, declared once: the key sheet and the tooltips read it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from photomgr.core.records import LABEL_COLOURS
from photomgr.gui.looks.icons import dress


@dataclass(frozen=True, slots=True)
class Spec:
    """An action: its text, its keys (portable names), its icon and the group of the key sheet."""

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    group: str = ""
    checkable: bool = False


def specs() -> list[Spec]:
    """All actions, in the order of the key sheet. Needs the translators to be in place."""
    return [*_going(), *_deciding(), *_seeing(), *_files(), *_library()]


def _going() -> list[Spec]:
    translate = QCoreApplication.translate
    group = translate("Actions", "Find and move")
    return [
        Spec("search", translate("Actions", "Search"), ("Ctrl+F", "/"), "search", group),
        Spec("narrow", translate("Actions", "Narrow these photos"), ("Ctrl+Shift+F",), "sort", group),
        Spec("back", translate("Actions", "Back"), ("Alt+Left",), "back", group),
        Spec("forward", translate("Actions", "Forward"), ("Alt+Right",), "forward", group),
        Spec(
            "next_open", translate("Actions", "Next photo that waits for a decision"), ("Ctrl+J",), "", group
        ),
        Spec("map", translate("Actions", "Map"), ("M",), "map", group, True),
        Spec("escape", translate("Actions", "Back, clear"), ("Esc",), "", group),
    ]


def _deciding() -> list[Spec]:
    translate = QCoreApplication.translate
    group = translate("Actions", "Decide")
    stars = [translate("Actions", "No stars"), *("★" * n for n in range(1, 6))]
    return [
        Spec("review", translate("Actions", "Review suggestions"), ("Ctrl+R",), "unreviewed", group, True),
        Spec("accept", translate("Actions", "Accept the suggestion"), ("P",), "check", group),
        Spec("reject", translate("Actions", "Reject the suggestion"), ("X",), "clear", group),
        Spec("leave", translate("Actions", "Leave the suggestion for later"), ("U",), "", group),
        Spec("why", translate("Actions", "Why this suggestion?"), ("W",), "", group),
        Spec("add_tag", translate("Actions", "Add a tag"), ("T", "Ctrl+T"), "tag", group),
        *(Spec(f"rate_{n}", text, (f"Ctrl+{n}",), "", group) for n, text in enumerate(stars)),
        *(
            Spec(f"label_{colour}", label_text(colour), (f"Ctrl+{n}",) if n < 10 else (), "", group)
            for n, colour in enumerate(LABEL_COLOURS, start=6)
        ),
        Spec("label_none", translate("Actions", "No label"), (), "", group),
        Spec("undo", translate("Actions", "Undo"), ("Ctrl+Z",), "undo", group),
        Spec("redo", translate("Actions", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", group),
    ]


def _seeing() -> list[Spec]:
    translate = QCoreApplication.translate
    group = translate("Actions", "See")
    return [
        Spec("larger", translate("Actions", "Larger photos"), ("Ctrl++", "Ctrl+="), "thumbs-large", group),
        Spec("smaller", translate("Actions", "Smaller photos"), ("Ctrl+-",), "thumbs-small", group),
        Spec("stack", translate("Actions", "Open or close the stack"), ("S",), "", group),
        Spec(
            "stacks", translate("Actions", "RAW with JPEG and bursts as one"), ("Shift+S",), "", group, True
        ),
        Spec("left_panel", translate("Actions", "Left panel"), ("F9",), "panel-left", group, True),
        Spec("right_panel", translate("Actions", "Right panel"), ("F8",), "panel-right", group, True),
        Spec("full_screen", translate("Actions", "Full screen"), ("F11",), "fullscreen", group, True),
        Spec("keys", translate("Actions", "All keys"), ("?",), "keyboard", group),
    ]


def _files() -> list[Spec]:
    translate = QCoreApplication.translate
    group = translate("Actions", "Files")
    return [
        Spec("rename", translate("Actions", "Rename the file…"), ("F2",), "", group),
        Spec("move", translate("Actions", "Move to a folder…"), ("Ctrl+M",), "", group),
        Spec("trash", translate("Actions", "Move to the trash"), ("Del",), "", group),
        Spec("write_metadata", translate("Actions", "Write tags to files…"), ("Ctrl+S",), "", group),
        Spec("conflicts", translate("Actions", "Conflicts with other programs…"), (), "", group),
        Spec("copy_out", translate("Actions", "Copy photos to a folder…"), ("Ctrl+Shift+C",), "", group),
        Spec("export", translate("Actions", "Export…"), ("Ctrl+E",), "", group),
        Spec("import", translate("Actions", "Import…"), (), "", group),
    ]


def _library() -> list[Spec]:
    translate = QCoreApplication.translate
    group = translate("Actions", "Library")
    return [
        Spec("add_folder", translate("Actions", "Add a folder…"), ("Ctrl+O",), "folder-add", group),
        Spec("rescan", translate("Actions", "Look for new photos"), ("F5",), "refresh", group),
        Spec("annotate", translate("Actions", "Suggest tags for waiting photos"), (), "model", group),
        Spec("tag_list", translate("Actions", "Tags…"), ("Ctrl+Shift+T",), "tag", group),
        Spec("check_tags", translate("Actions", "Check tags…"), (), "tag-wrong", group),
        Spec("report", translate("Actions", "Learning report…"), (), "info", group),
        Spec("networks", translate("Actions", "Networks…"), (), "model", group),
        Spec("backup", translate("Actions", "Back up now"), (), "backup", group),
        Spec("read_only", translate("Actions", "Read-only"), (), "lock", group, True),
        Spec("settings", translate("Actions", "Settings…"), ("Ctrl+,",), "settings", group),
        Spec("about", translate("Actions", "About photomgr"), (), "info", group),
        Spec("quit", translate("Actions", "Quit"), ("Ctrl+Q",), "", group),
    ]


def elsewhere() -> list[tuple[str, str, str]]:
    """Keys that the widgets themselves know: (group, keys, what)."""
    translate = QCoreApplication.translate
    going = translate("Actions", "Find and move")
    deciding = translate("Actions", "Decide")
    seeing = translate("Actions", "See")
    review = translate("Actions", "In the review")
    on_map = translate("Actions", "On the map")
    return [
        (going, "↵", translate("Actions", "Open the photo")),
        (going, translate("Actions", "Space / Backspace"), translate("Actions", "Next / previous photo")),
        (going, "Alt+↓", translate("Actions", "In the search box: saved and recent searches")),
        (going, translate("Actions", "Ctrl + click"), translate("Actions", "At a side: leave these out")),
        (deciding, "1 … 9", translate("Actions", "Accept or take back the n-th suggestion")),
        (deciding, "Alt+1 … Alt+9", translate("Actions", "Give the tags of a set")),
        (review, "A", translate("Actions", "Accept all that is ticked")),
        (
            review,
            translate("Actions", "Shift+A"),
            translate("Actions", "Accept it, reject what you unticked"),
        ),
        (review, translate("Actions", "Space"), translate("Actions", "Tick or untick")),
        (
            review,
            translate("Actions", "P / X / U"),
            translate("Actions", "Accept / reject / leave, and go on"),
        ),
        (review, "↵", translate("Actions", "By photo: accept what is ticked, and go on")),
        (
            review,
            translate("Actions", "Shift+↵"),
            translate("Actions", "By photo: accept it, reject the others"),
        ),
        (review, "1 … 9", translate("Actions", "By photo: tick or untick the n-th suggestion")),
        (review, "↑ / ↓", translate("Actions", "By photo: the suggestion before / after")),
        (review, "← / →", translate("Actions", "Photo before / after; on the plot: move the line")),
        (review, "Shift+← / →", translate("Actions", "On the plot: move the end of what is hidden")),
        (review, "Home", translate("Actions", "On the plot: put both back to what is learnt")),
        (
            on_map,
            translate("Actions", "Arrows / + / -"),
            translate("Actions", "Move the map / nearer / further away"),
        ),
        (on_map, translate("Actions", "Home"), translate("Actions", "All photos")),
        (
            on_map,
            translate("Actions", "Tab, ↵"),
            translate("Actions", "To the next place, and show its photos"),
        ),
        (on_map, "↵", translate("Actions", "Show the photos in view")),
        (on_map, translate("Actions", "Shift + mouse"), translate("Actions", "Select an area")),
        (seeing, translate("Actions", "Ctrl + wheel"), translate("Actions", "Size of the photos, zoom")),
    ]


def in_short() -> list[tuple[str, str, str]]:
    """For the key sheet, the many keys for stars and labels in two lines."""
    translate = QCoreApplication.translate
    deciding = translate("Actions", "Decide")
    return [
        (deciding, "Ctrl+0 … Ctrl+5", translate("Actions", "Stars")),
        (deciding, "Ctrl+6 … Ctrl+9", translate("Actions", "Red, yellow, green, blue label")),
    ]


def label_text(colour: str) -> str:
    """A label colour in words."""
    translate = QCoreApplication.translate
    return {
        "red": translate("Actions", "Red label"),
        "yellow": translate("Actions", "Yellow label"),
        "green": translate("Actions", "Green label"),
        "blue": translate("Actions", "Blue label"),
        "purple": translate("Actions", "Purple label"),
    }[colour]


CHANGING: Final = frozenset(
    {
        "accept",
        "reject",
        "add_tag",
        "undo",
        "redo",
        "add_folder",
        "rescan",
        "annotate",
        "label_none",
        "rename",
        "move",
        "trash",
        "import",
    }
    | {f"rate_{n}" for n in range(6)}
    | {f"label_{colour}" for colour in LABEL_COLOURS}
)


class Actions:
    """The actions of one window by name: ``actions["undo"]``."""

    def __init__(self, window: QWidget) -> None:
        self._by_name: dict[str, QAction] = {}
        for spec in specs():
            action = QAction(spec.text, window)
            action.setObjectName(spec.name)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(spec.checkable)
            action.setToolTip(tip(spec.text, spec.keys))
            if spec.icon:
                dress(action, spec.icon)
            window.addAction(action)
            self._by_name[spec.name] = action
        for number in range(1, 10):
            action = QAction(window)
            action.setShortcut(QKeySequence(str(number)))
            window.addAction(action)
            self._by_name[f"suggestion_{number}"] = action
        for number in range(1, 10):
            action = QAction(window)
            action.setShortcut(QKeySequence(f"Alt+{number}"))
            window.addAction(action)
            self._by_name[f"set_{number}"] = action

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def connect(self, handlers: dict[str, Callable[[], None]]) -> None:
        """Run ``handlers[name]()`` when the action of that name is triggered."""
        for name, handler in handlers.items():
            self._by_name[name].triggered.connect(lambda _=False, handler=handler: handler())


def tip(text: str, keys: tuple[str, ...]) -> str:
    """A tooltip that names the keys."""
    plain = text.removesuffix("…")
    native = [QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys]
    joined = QCoreApplication.translate("Actions", " or ").join(native)
    return f"{plain} ({joined})" if native else plain
