"""The bar at the top: back and forward, search, order, size, panels, and the menu of everything else."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QSlider, QToolBar, QToolButton, QWidget

from photomgr.core.records import Sort
from photomgr.gui.actions import Actions
from photomgr.gui.grid.grid import LARGEST, SMALLEST
from photomgr.gui.looks.icons import dress
from photomgr.gui.looks.theme import Choice, Theme
from photomgr.gui.search.bar import SearchBar


def sort_text(sort: Sort) -> str:
    """An order in words."""
    translate = QCoreApplication.translate
    return {
        Sort.NEWEST: translate("ToolBar", "Newest first"),
        Sort.OLDEST: translate("ToolBar", "Oldest first"),
        Sort.NAME: translate("ToolBar", "By name"),
        Sort.ADDED: translate("ToolBar", "Added last"),
        Sort.RATING: translate("ToolBar", "Best rated"),
    }[sort]


class ToolBar(QToolBar):
    """``sorted`` carries the order chosen, ``sized`` the cell size in pixels, ``coloured`` the colours."""

    sorted = Signal(object)
    sized = Signal(int)
    coloured = Signal(object)

    def __init__(self, actions: Actions, search: SearchBar, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setWindowTitle(self.tr("Tools"))
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(20, 20))
        self.search = search
        self._actions = actions
        self.addAction(actions["back"])
        self.addAction(actions["forward"])
        self.addWidget(search)
        self.sort_button = self._sorting()
        self.addWidget(self.sort_button)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.addWidget(self._sizing())
        actions["review"].setIconText(self.tr("Review"))
        self.addAction(actions["review"])
        review = self.widgetForAction(actions["review"])
        if isinstance(review, QToolButton):
            review.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addAction(actions["left_panel"])
        self.addAction(actions["right_panel"])
        self.menu_button = self._menu()
        self.addWidget(self.menu_button)

    def _sorting(self) -> QToolButton:
        button = QToolButton(self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(button, "sort")
        menu = QMenu(button)
        group = QActionGroup(menu)
        self._sorts: dict[Sort, QAction] = {}
        for sort in Sort:
            action = menu.addAction(sort_text(sort))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, sort=sort: self.sorted.emit(sort))
            group.addAction(action)
            self._sorts[sort] = action
        button.setMenu(menu)
        button.setToolTip(self.tr("Order of the photos"))
        button.setAccessibleName(self.tr("Order of the photos"))
        widest = max(button.fontMetrics().horizontalAdvance(sort_text(sort)) for sort in Sort)
        button.setMinimumWidth(widest + 46)
        return button

    def _sizing(self) -> QWidget:
        holder = QWidget(self)
        holder.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(4)
        self.slider.setRange(SMALLEST, LARGEST)
        self.slider.setSingleStep(16)
        self.slider.setPageStep(48)
        self.slider.setFixedWidth(110)
        self.slider.setToolTip(self.tr("Size of the photos (Ctrl++, Ctrl+-, Ctrl+wheel)"))
        self.slider.setAccessibleName(self.tr("Size of the photos"))
        self.slider.valueChanged.connect(self.sized)
        layout.addWidget(self.slider)
        return holder

    def _menu(self) -> QToolButton:
        button = QToolButton(self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        dress(button, "menu")
        button.setToolTip(self.tr("Menu (F10)"))
        button.setAccessibleName(self.tr("Menu"))
        button.setShortcut(Qt.Key.Key_F10)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for name in ("add_folder", "rescan", "annotate"):
            menu.addAction(self._actions[name])
        menu.addSeparator()
        menu.addAction(self._actions["undo"])
        menu.addAction(self._actions["redo"])
        menu.addSeparator()
        menu.addAction(self._actions["full_screen"])
        self.colours = self._colours(menu)
        menu.addSeparator()
        files = menu.addMenu(self.tr("Files"))
        for name in ("write_metadata", "conflicts", "copy_out", "export", "import"):
            files.addAction(self._actions[name])
        for name in ("tag_list", "check_tags", "report", "networks", "read_only", "backup", "settings"):
            menu.addAction(self._actions[name])
        menu.addSeparator()
        for name in ("keys", "about", "quit"):
            menu.addAction(self._actions[name])
        button.setMenu(menu)
        return button

    def _colours(self, menu: QMenu) -> dict[Choice, QAction]:
        below = menu.addMenu(self.tr("Colours"))
        group = QActionGroup(below)
        texts = {
            Choice.SYSTEM: self.tr("As the system"),
            Choice.LIGHT: self.tr("Light"),
            Choice.DARK: self.tr("Dark"),
        }
        found = {}
        for choice, text in texts.items():
            action = below.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, choice=choice: self.coloured.emit(choice))
            group.addAction(action)
            found[choice] = action
        return found

    def show_sort(self, sort: Sort) -> None:
        self._sorts[sort].setChecked(True)
        self.sort_button.setText(sort_text(sort))

    def show_size(self, size: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(size)
        self.slider.blockSignals(False)

    def follow(self, theme: Theme) -> None:
        """Show the choice of colours whenever it changes; a method of ours lets Qt end that with the window."""
        self._theme = theme
        theme.changed.connect(self._recoloured)

    def _recoloured(self) -> None:
        self.show_colours(self._theme.choice)

    def show_colours(self, choice: Choice) -> None:
        self.colours[choice].setChecked(True)
