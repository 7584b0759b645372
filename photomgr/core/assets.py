"""Where the files that ship with the program lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _asset_dir(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def models_dir() -> Path:
    """The folder of the shipped networks, one folder for each."""
    return _asset_dir("models")


def resources_dir() -> Path:
    """The folder of icons, style, translations and the tag vocabulary."""
    return _asset_dir("resources")
