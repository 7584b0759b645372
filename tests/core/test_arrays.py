"""Files of arrays: written all or nothing, and a damaged one is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photomgr.core.arrays import read_arrays, write_array, write_arrays


def test_arrays_come_back(tmp_path: Path) -> None:
    made = {"a": np.arange(5), "b": np.eye(2, dtype=np.float32)}
    file = write_arrays(tmp_path / "new" / "some.npz", made)
    for name, array in read_arrays(file).items():
        np.testing.assert_array_equal(array, made[name])
    assert [each.name for each in file.parent.iterdir()] == ["some.npz"]
    write_array(tmp_path / "one.npy", np.arange(3))
    assert np.load(tmp_path / "one.npy").tolist() == [0, 1, 2]


def test_a_damaged_file_is_a_value_error(tmp_path: Path) -> None:
    file = write_arrays(tmp_path / "some.npz", {"a": np.arange(1000)})
    whole = file.read_bytes()
    torn, flipped = bytearray(whole[:900]), bytearray(whole)
    flipped[600] ^= 0xFF
    for content in (bytes(torn), bytes(flipped), b"", b"text"):
        file.write_bytes(content)
        with pytest.raises(ValueError):
            read_arrays(file)
    write_array(tmp_path / "one.npy", np.arange(3)).rename(tmp_path / "one.npz")
    with pytest.raises(ValueError):
        read_arrays(tmp_path / "one.npz")
    with pytest.raises(OSError):
        read_arrays(tmp_path / "none.npz")
