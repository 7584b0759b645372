"""The journeys drive the same real window as tests/gui, under the same watch for warnings and left threads."""

from tests.gui.conftest import open_window, paths, pytest_configure, quiet, theme

__all__ = ["open_window", "paths", "pytest_configure", "quiet", "theme"]
