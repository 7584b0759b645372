"""Proves that a write lost nothing of an XMP packet: everything that is not ours is the same before and after.

It is compared as meaning (ISO 16684-1), because the same properties can be written as attributes or as elements.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Final

from .packet import MetadataError

_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_OURS: Final = frozenset(
    (
        "{http://purl.org/dc/elements/1.1/}subject", "{http://purl.org/dc/elements/1.1/}title",
        "{http://purl.org/dc/elements/1.1/}description", "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
        "{http://www.digikam.org/ns/1.0/}TagsList", "{http://www.digikam.org/ns/1.0/}ColorLabel",
        "{http://ns.iview-multimedia.com/mediapro/1.0/}CatalogSets", "{http://ns.adobe.com/xap/1.0/}Rating",
        "{http://ns.adobe.com/xap/1.0/}Label", "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP",
        "{http://ns.microsoft.com/photo/1.0/}Rating", "{http://ns.microsoft.com/photo/1.0}LastKeywordXMP",
        "{http://ns.microsoft.com/photo/1.0}Rating", "{http://darktable.sf.net/}colorlabels",
    )
)  # fmt: skip
Meaning = object


def check_packet(before: bytes, after: bytes) -> None:
    """Raise MetadataError when an XMP packet lost something of another program."""
    now = _foreign(after)
    if any(now.get(name) != value for name, value in _foreign(before).items()):
        raise MetadataError("Something that another program wrote there would be lost; it was left as it is.")


def _foreign(packet: bytes) -> dict[str, Meaning]:
    return {name: value for name, value in _properties(packet).items() if name not in _OURS}


def _properties(packet: bytes) -> dict[str, Meaning]:
    """Top-level properties of a packet by ``{namespace}name``; none of one that is not there, as exiv2 leaves out an
    empty one."""
    if not packet:
        return {}
    if b"<!DOCTYPE" in packet:
        raise MetadataError("This metadata has a document type, which is not read.")
    try:
        root = ET.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MetadataError(f"This metadata is damaged: {error}.") from error
    found: dict[str, Meaning] = {}
    for description in root.iter(_RDF + "RDF"):
        for element in description:
            found.update(_fields(element))
    return found


def _fields(element: ET.Element) -> dict[str, Meaning]:
    """What a description or a structure holds, from attributes and elements alike."""
    found: dict[str, Meaning] = {
        name: ("", value)
        for name, value in element.attrib.items()
        if not name.startswith((_RDF, "{http://www.w3.org/XML/1998/namespace}")) and name.startswith("{")
    }
    for child in element:
        found[child.tag] = _meaning(child)
    return found


def _meaning(element: ET.Element) -> Meaning:
    language = element.get(_LANGUAGE, "")
    uri = element.get(_RDF + "resource")
    if uri is not None:
        return language, uri
    children = list(element)
    if len(children) == 1 and children[0].tag in (_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"):
        return children[0].tag, tuple(_meaning(item) for item in children[0])
    if len(children) == 1 and children[0].tag == _RDF + "Description":
        return _struct(_fields(children[0]))
    inside = _fields(element)
    return _struct(inside) if inside else (language, element.text or "")


def _struct(fields: dict[str, Meaning]) -> Meaning:
    if _RDF + "value" in fields:  # a value with qualifiers
        return (
            "value",
            fields[_RDF + "value"],
            tuple(sorted((n, str(v)) for n, v in fields.items() if n != _RDF + "value")),
        )
    return "struct", tuple(sorted((name, str(value)) for name, value in fields.items()))
