"""What a person installs: the wheel, in a fresh environment, run from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image

_CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source") / "photomgr"
    source.mkdir()
    for name in ("photomgr", "models", "resources"):
        shutil.copytree(_CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(_CHECKOUT / name, source)
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", built, source], check=True, timeout=300)
    return next(built.glob("*.whl"))


def test_the_wheel_carries_network_and_vocabulary(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "photomgr/models/everyday/model.onnx",
        "photomgr/resources/vocabulary.toml",
        "photomgr/resources/geography/world.npz",
        "photomgr/resources/cards/yolox_nano.toml",
    ):
        assert needed in names
    assert not [name for name in names if name.startswith(("tests/", "models/", "resources/"))]
    modules = {str(path.relative_to(_CHECKOUT)) for path in (_CHECKOUT / "photomgr").rglob("*.py")}
    assert modules <= set(names)


def test_the_wheel_works_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    purelib = subprocess.run(
        [_python(tmp_path), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    zipfile.ZipFile(wheel).extractall(purelib)
    empty = tmp_path / "empty"
    empty.mkdir()
    Image.new("RGB", (640, 480), (90, 140, 220)).save(empty / "sky.jpg")
    # The dependencies of this very run, so that nothing is downloaded; the program itself comes from the wheel.
    environment = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_python(tmp_path), "-m", "photomgr", *arguments],
            cwd=empty, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    where = subprocess.run(
        [_python(tmp_path), "-c", "import photomgr; print(photomgr.__file__)"],
        cwd=empty, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(tmp_path / "venv") in where.stdout
    suggested = run("suggest", "sky.jpg", "--top", "3", "--json")
    assert suggested.returncode == 0, suggested.stderr
    assert len(json.loads(suggested.stdout)["tags"]) == 3
    indexed = run("index", ".", "--base", "base", "--json")
    assert json.loads(indexed.stdout)["new"] == 1, indexed.stderr


def _python(tmp_path: Path) -> Path:
    return tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
