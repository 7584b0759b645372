"""The one icon set: SVG line drawings from ``resources/icons`` in the colours of the palette."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from photomgr.core.assets import resources_dir

_SIZES: Final = (16, 20, 24, 32, 40, 48, 64, 96, 128)
_NAME: Final = "photomgrIcon"


def pixmap(name: str, side: int, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """The drawing ``name`` at ``side`` logical pixels; ``ratio`` is the screen's device pixel ratio.

    Raises FileNotFoundError when there is no such icon.
    """
    picture = QPixmap(QSize(side, side) * ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour.name()).encode()))
    renderer.render(painter, QRectF(0, 0, picture.width(), picture.height()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str) -> QIcon:
    """The icon in the application's present colours; use :func:`dress` where it shall follow them."""
    palette = QGuiApplication.palette()
    normal = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
    return _icon(name, normal.name(), disabled.name())


def dress(target: QAction | QAbstractButton, name: str) -> None:
    """Give ``target`` the icon ``name``, again after each change of colours (:func:`redress`)."""
    target.setProperty(_NAME, name)
    target.setIcon(icon(name))


def redress(root: QObject) -> None:
    """Draw the icons of ``root`` and everything below it in the present colours."""
    targets: list[QAction | QAbstractButton] = [
        *root.findChildren(QAction),
        *root.findChildren(QAbstractButton),
    ]
    if isinstance(root, QAbstractButton):
        targets.append(root)
    for target in targets:
        name = target.property(_NAME)
        if name:
            target.setIcon(icon(name))


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _icon(name: str, normal: str, disabled: str) -> QIcon:
    result = QIcon()
    for side in _SIZES:
        result.addPixmap(pixmap(name, side, QColor(normal)), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, side, QColor(disabled)), QIcon.Mode.Disabled)
    return result


def application_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    return _icon("photomgr", "#000000", "#000000")
