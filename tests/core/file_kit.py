"""Makes photo files of every kind, with EXIF, XMP and IPTC written by hand."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

Value = str | bytes | int | tuple[int, int] | list[tuple[int, int]]


def picture(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """A smooth coloured picture; another seed gives another one."""
    dice = np.random.default_rng(seed)
    coarse = Image.fromarray(dice.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def jpeg(
    path: Path,
    image: Image.Image | None = None,
    *,
    seed: int = 0,
    exif: bytes = b"",
    xmp: bytes = b"",
    iptc: bytes = b"",
    quality: int = 85,
    pad: int = 0,
    **options: object,
) -> Path:
    """Save a JPEG with the given blocks; ``pad`` bytes after its end make it larger."""
    out = io.BytesIO()
    (image or picture(seed=seed)).save(out, "JPEG", quality=quality, **options)  # type: ignore[arg-type]
    plain = out.getvalue()
    segments = b""
    if exif:
        segments += _segment(0xE1, b"Exif\0\0" + exif)
    if xmp:
        segments += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    if iptc:
        segments += _segment(0xED, b"Photoshop 3.0\0" + photoshop(iptc))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plain[:2] + segments + plain[2:] + bytes(pad))
    return path


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def photoshop(iptc: bytes) -> bytes:
    """An IPTC block as a Photoshop image resource."""
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) & 1)


def iptc_block(fields: Iterable[tuple[int, int, bytes]]) -> bytes:
    """IPTC-IIM data sets of (record, number, value)."""
    return b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value for record, number, value in fields
    )


def exif_block(
    main: Mapping[int, Value] | None = None,
    exif: Mapping[int, Value] | None = None,
    gps: Mapping[int, Value] | None = None,
    thumbnail: bytes = b"",
    order: str = ">",
) -> bytes:
    """A TIFF structure with the fields of these directories, and a JPEG in the second main one."""
    out = bytearray(struct.pack(order + "2sHI", b"MM" if order == ">" else b"II", 42, 0))
    main_fields: dict[int, Value] = dict(main or {})
    for pointer, fields in ((0x8769, exif), (0x8825, gps)):
        if fields:
            main_fields[pointer] = len(out)
            out += _directory(fields, len(out), order)
    struct.pack_into(order + "I", out, 4, len(out))
    first = _directory(main_fields, len(out), order)
    if thumbnail:
        at = len(out) + len(first)
        second = _directory({0x201: 0, 0x202: len(thumbnail)}, at, order)
        second = _directory({0x201: at + len(second), 0x202: len(thumbnail)}, at, order)
        first = _directory(main_fields, len(out), order, following=at)
        return bytes(out + first + second + thumbnail)
    return bytes(out + first)


def _directory(fields: Mapping[int, Value], at: int, order: str, following: int = 0) -> bytes:
    rows, data = b"", b""
    data_at = at + 2 + 12 * len(fields) + 4
    for tag, value in sorted(fields.items()):
        kind, count, raw = _encoded(tag, value, order)
        rows += struct.pack(order + "HHI", tag, kind, count)
        if len(raw) <= 4:
            rows += raw.ljust(4, b"\0")
        else:
            rows += struct.pack(order + "I", data_at + len(data))
            data += raw
    return struct.pack(order + "H", len(fields)) + rows + struct.pack(order + "I", following) + data


def _encoded(tag: int, value: Value, order: str) -> tuple[int, int, bytes]:
    if isinstance(value, str):
        raw = value.encode() + b"\0"
        return 2, len(raw), raw
    if isinstance(value, bytes):
        return (1 if tag >= 0x9C9B or tag == 5 else 7), len(value), value
    if isinstance(value, int):
        long = value > 65535 or tag in (0x8769, 0x8825, 0x201, 0x202)
        return (4 if long else 3), 1, struct.pack(order + ("I" if long else "H"), value)
    pairs = [value] if isinstance(value, tuple) else value
    return 5, len(pairs), b"".join(struct.pack(order + "II", *pair) for pair in pairs)


def xmp_packet(attributes: str = "", body: str = "") -> bytes:
    """An XMP packet with one description that has these attributes and elements."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/"'
        ' xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        f" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def bag(name: str, words: Iterable[str], kind: str = "Bag") -> str:
    """A property of several values."""
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"
