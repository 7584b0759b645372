"""The direction of the arrows holds, and the machine that checks it bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[1]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", code, "--config", "setup.cfg", "--no-cache"],
        cwd=folder, env={"PYTHONPATH": str(folder), "PATH": ""}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(
        _CHECKOUT / "photomgr", tmp_path / "photomgr", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(_CHECKOUT / "setup.cfg", tmp_path)
    return tmp_path


def test_the_rooms_keep_their_direction(copied: Path) -> None:
    result = _lint(copied)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("room", "breach"),
    [
        ("core/records.py", "import photomgr.library"),
        ("jobs.py", "import photomgr.core.records"),
        ("annotate/visual.py", "import onnxruntime"),
        ("library/words.py", "import PySide6.QtCore"),
        ("cli/output.py", "import photomgr.gui.app"),
        ("gui/app.py", "import sqlite3"),
    ],
)
def test_a_breach_is_noticed(copied: Path, room: str, breach: str) -> None:
    file = copied / "photomgr" / room
    file.write_text(f"{file.read_text('utf-8')}\n\n{breach}\n", "utf-8")
    result = _lint(copied)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_every_package_is_listed_for_the_wheel() -> None:
    project = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text("utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    rooms = (_CHECKOUT / "photomgr").rglob("__init__.py")
    found = {".".join(path.parent.relative_to(_CHECKOUT).parts) for path in rooms}
    assert found | {"photomgr.models", "photomgr.resources"} == listed
