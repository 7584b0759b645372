"""Pictures as Qt wants them. Safe on worker threads: QImage only, never QPixmap."""

from __future__ import annotations

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader


def fitted(size: QSize, box: QSize) -> QSize:
    """``size`` scaled into ``box`` with its shape kept, never below one pixel."""
    return size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def from_jpeg(data: bytes, side: int | None = None) -> QImage | None:
    """The encoded picture, scaled down while decoding so that its long side is at most ``side``
    pixels; None when it cannot be decoded."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"jpeg"))
    size = reader.size()
    if side is not None and size.isValid() and max(size.width(), size.height()) > side:
        reader.setScaledSize(fitted(size, QSize(side, side)))
    image = reader.read()
    if image.isNull():
        return None
    return image.convertToFormat(QImage.Format.Format_RGB32)


def from_pillow(image: Image.Image, side: int | None = None) -> QImage:
    """An RGB picture of Pillow; scaled down so that its long side is at most ``side`` pixels."""
    if image.mode != "RGB":
        image = image.convert("RGB")
    if side is not None and max(image.size) > side:
        scale = side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    data = image.tobytes("raw", "BGRX")
    width, height = image.size
    return QImage(data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
