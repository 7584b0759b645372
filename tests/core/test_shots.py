"""What belongs together in a folder: shots of several files, bursts."""

from __future__ import annotations

from photomgr.core.shots import ShotFile, shots_of, stacks_of


def files(*names: str, taken: str = "", camera: str = "") -> list[ShotFile]:
    return [ShotFile(number, name.encode(), taken, camera) for number, name in enumerate(names, 1)]


def burst(*times: str, camera: str = "Nikon D50", stem: str = "DSC_{}.jpg") -> list[ShotFile]:
    return [
        ShotFile(number, stem.format(number).encode(), f"2024-05-01T{time}", camera)
        for number, time in enumerate(times, 1)
    ]


def test_shots() -> None:
    found = shots_of(files("IMG_1.CR2", "img_1.JPG", "IMG_1.mov", "cat.jpg", "cat.png", "dog.heic"))
    assert [[file.photo for file in shot] for shot in found] == [[2, 1, 3], [4], [5], [6]]


def test_pairs_stack_with_the_picture_on_top() -> None:
    assert [one.photos for one in stacks_of(files("a.nef", "a.jpg", "b.jpg"))] == [(2, 1)]
    assert [one.photos for one in stacks_of(files("IMG_2.MOV", "IMG_2.HEIC"))] == [(2, 1)]


def test_bursts() -> None:
    found = stacks_of(burst("10:00:00", "10:00:00.400", "10:00:01", "10:00:05", "10:01:00", "10:01:00"))
    assert [one.photos for one in found] == [(1, 2, 3)]
    both = [*burst("10:00:00", "10:00:01", "10:00:02"), *files("dsc_1.nef", "dsc_2.nef", "dsc_3.nef")]
    both = [file._replace(photo=number) for number, file in enumerate(both, 1)]
    (stack,) = stacks_of(both)
    assert stack.photos == (1, 4, 2, 5, 3, 6) and stack.shots == ((1, 4), (2, 5), (3, 6))


def test_the_cover_stands_on_top() -> None:
    shots = burst("10:00:00", "10:00:01", "10:00:02", stem="PXL_1.RAW-{}.jpg")
    shots[1] = shots[1]._replace(name=b"PXL_1.MP.COVER.jpg")
    assert stacks_of(shots)[0].photos == (2, 1, 3)


def test_what_is_no_burst() -> None:
    assert stacks_of(burst("10:00:00", "10:00:01")) == []
    assert stacks_of(burst("10:00:00", "10:00:01", "10:00:02", camera="")) == []
    assert stacks_of(burst(*["00:00:00"] * 8)) == []  # a date that somebody gave to scans
    assert stacks_of(burst(*["10:00:00"] * 40)) == []
    assert stacks_of(burst("10:00:00", "nonsense", "10:00:02", "10:00:04")) == []
