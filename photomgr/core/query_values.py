"""The fields of the search language and the values that they take: dates, numbers, flags.

A new field is a line in one of these tables (and, for text and numbers, a column of the index).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from photomgr.core.query_dates import spoken_span

#: Fields that hold words; each is a field of the index.
TEXT_FIELDS: Final = frozenset(
    {
        *("tag", "maybe", "rejected", "source", "model"),
        *("folder", "name", "ext", "camera", "lens", "label", "title", "place", "country"),
    }
)
NUMBER_FIELDS: Final = frozenset(
    {"rating", "iso", "f", "focal", "exposure", "size", "width", "height", "conf"}
)
DATE_FIELDS: Final = frozenset({"date", "added"})
FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "is": (
        *("untagged", "unreviewed", "unreadable", "offline", "gone", "duplicate", "stacked", "auto"),
        *("conflict", "unwritten"),
    ),
    "has": ("gps", "date"),
    "kind": ("picture", "raw", "video"),
    "visual": ("on", "off"),
    "variety": ("on", "off"),
}
#: Fields that only the library can answer: lists of photos, not words of them.
LISTED_FIELDS: Final = frozenset({"similar", "album", "run"})

_OTHER_NAMES: Final = {
    "tags": "tag",
    "suggested": "maybe",
    "in": "folder",
    "path": "folder",
    "file": "name",
    "filename": "name",
    "type": "ext",
    "color": "label",
    "colour": "label",
    "caption": "title",
    "stars": "rating",
    "taken": "date",
    "aperture": "f",
    "fnumber": "f",
    "shutter": "exposure",
    "mm": "focal",
    "score": "conf",
    "confidence": "conf",
    "looks": "similar",
    "like": "similar",
    "albums": "album",
    "city": "place",
    "region": "place",
    "within": "box",
}
FIELD_NAMES: Final = tuple(
    sorted(TEXT_FIELDS | NUMBER_FIELDS | DATE_FIELDS | LISTED_FIELDS | FLAGS.keys() | {"near", "box"})
)
FIELD_ALIASES: Final = {name: name for name in FIELD_NAMES} | _OTHER_NAMES

#: What each field wants, as the end of a sentence that begins with its name.
FIELD_HELP: Final[dict[str, str]] = {
    "tag": 'needs a tag after it, such as tag:beach, tag:"new york" or tag:* for any',
    "maybe": "needs a tag after it, such as maybe:beach",
    "rejected": "needs a tag after it, such as rejected:beach",
    "source": "is one of person, file, model (or auto) and rule, such as source:file",
    "model": "needs a network's name or the beginning of its number, such as model:everyday",
    "folder": 'needs a folder after it, such as folder:"2019/Hawaii"',
    "name": "needs a file name or its beginning, such as name:IMG_20*",
    "ext": "needs a kind of file, such as ext:heic",
    "camera": "needs a camera, such as camera:nikon",
    "lens": "needs a lens, such as lens:50mm",
    "label": "needs a colour, such as label:red",
    "title": "needs a word, such as title:birthday",
    "rating": "takes stars from 0 to 5, such as rating:3, rating:>=3 or rating:2..4",
    "iso": "takes a number, such as iso:>=1600 or iso:100..400",
    "f": "takes an aperture, such as f:<2.8 or f:1.4..2",
    "focal": "takes a focal length in mm, such as focal:35..85",
    "exposure": "takes a time in seconds, such as exposure:<1/250 or exposure:>=2s",
    "size": "takes a file size, such as size:>5MB or size:..500KB",
    "width": "takes pixels, such as width:>=4000",
    "height": "takes pixels, such as height:>=3000",
    "conf": "takes a probability from 0 to 1, such as conf:>0.8 or conf:50%..80%",
    "near": "takes a place or a latitude and longitude, and a distance, such as near:paris,20km or near:48.85,2.35,5km",
    "box": "takes the south, west, north and east edge in degrees, such as box:48.8,2.2,48.9,2.5",
    "place": 'needs a town, region or country, such as place:paris or place:"new york"',
    "country": "needs a country, such as country:france",
    "similar": "needs the number of a photo, such as similar:12",
    "run": "needs the number of an automatic run, such as run:12",
    "album": 'needs the name of an album, such as album:"my best"',
    "visual": "knows " + ", ".join(FLAGS["visual"]),
    "variety": "knows " + ", ".join(FLAGS["variety"]),
    "date": 'takes dates such as date:2019, date:2019-06..2019-09, date:>=2019-06-21 or date:"last summer"',
    "added": "takes dates such as added:2024 or added:>=2024-06",
    "is": "knows " + ", ".join(FLAGS["is"]),
    "has": "knows " + ", ".join(FLAGS["has"]),
    "kind": "knows " + ", ".join(FLAGS["kind"]),
}

FIRST_DATE: Final = 1
LAST_DATE: Final = 10**14
_FIRST_YEAR, _LAST_YEAR = 1800, 2199  # other numbers of four digits are words

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_COMPARE = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)


def _one_date(text: str) -> tuple[int, int] | None:
    """[low, high) of a year, month or day as numbers YYYYMMDDhhmmss."""
    found = _DATE.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not _FIRST_YEAR <= year <= _LAST_YEAR or month > 12 or day > 31:
        return None
    if (found[2] and month == 0) or (found[3] and day == 0):
        return None
    unit = 10**10 if not month else 10**8 if not day else 10**6
    low = year * 10**10 + month * 10**8 + day * 10**6
    return low, low + unit


def _any_date(text: str) -> tuple[int, int] | None:
    return _one_date(text.strip()) or spoken_span(text)


def date_span(text: str, partial: bool = False, spoken: bool = False) -> tuple[int, int] | None:
    """[low, high) of ``2019-06``, ``>=2019`` or ``2018..2019-03`` as numbers YYYYMMDDhhmmss, else None.

    With ``partial`` the text may end in the middle of a date (``2019-0``, ``2019..``); with ``spoken`` it may be
    said in words (``last summer``, ``june 2019..august 2019``).
    """
    if partial:
        text = re.sub(r"(?<=\d{4})(-\d{2})?-0?$", r"\1", text)
    one = _any_date if spoken else _one_date
    if ".." in text:
        first, _, last = text.partition("..")
        low = one(first) if first else (FIRST_DATE, 0)
        high = one(last) if last else (0, LAST_DATE)
        if partial and low is not None and high is None:
            high = (0, LAST_DATE)
        if low is None or high is None or not (first or last):
            return None
        return low[0], high[1]
    found = _COMPARE.fullmatch(text)
    span = one(found[2].strip()) if found is not None else None
    if found is None or span is None:
        return None
    match found[1]:
        case ">=":
            return span[0], LAST_DATE
        case ">":
            return span[1], LAST_DATE
        case "<=":
            return FIRST_DATE, span[1]
        case "<":
            return FIRST_DATE, span[0]
    return span


def _plain(text: str) -> float | None:
    if re.fullmatch(r"\d{1,12}([.,]\d{1,6})?", text) is None or not text.isascii():
        return None
    return float(text.replace(",", "."))


def _seconds(text: str) -> float | None:
    """``1/250``, ``0.5``, ``2s``."""
    over, slash, under = text.casefold().removesuffix("s").rstrip('" ').partition("/")
    first, second = _plain(over), _plain(under) if slash else 1.0
    return first / second if first is not None and second else None


def _bytes(text: str) -> float | None:
    """``5MB``, ``500 kb``, ``1.5GiB``; a number alone counts bytes."""
    found = re.fullmatch(r"([\d.,]+)\s*([kmgt]?)(i?)b?", text.casefold())
    value = _plain(found[1]) if found is not None else None
    if found is None or value is None:
        return None
    return value * (1024.0 if found[3] else 1000.0) ** " kmgt".index(found[2] or " ")


def _share(text: str) -> float | None:
    """``0.8``, ``.8`` and ``80%``."""
    value = _plain(text.removesuffix("%") if not text.startswith(".") else f"0{text}".removesuffix("%"))
    if value is None:
        return None
    value = value / 100 if text.endswith("%") else value
    return value if value <= 1 else None


def _millimetres(text: str) -> float | None:
    return _plain(text.casefold().removesuffix("mm"))


def _stop(text: str) -> float | None:
    return _plain(text.casefold().removeprefix("f/"))


def _pixels(text: str) -> float | None:
    return _plain(text.casefold().removesuffix("px"))


#: How each number is written, and by what share two of them may differ and still be the same one.
_KINDS: Final[dict[str, tuple[Callable[[str], float | None], float]]] = {
    "f": (_stop, 0.005),
    "focal": (_millimetres, 0.005),
    "exposure": (_seconds, 0.02),
    "size": (_bytes, 0.0),
    "width": (_pixels, 0.0),
    "height": (_pixels, 0.0),
    "conf": (_share, 0.0),
}
_ABOUT_SIZE: Final = 0.1  # ``size:5MB`` without a comparison is from 4.5 to 5.5 MB


def number_span(text: str, field: str = "rating") -> tuple[float, float] | None:
    """[low, high] of ``3``, ``>=3``, ``<3`` or ``2..4`` as the field counts, else None."""
    read, slack = _KINDS.get(field, (_plain, 0.0))
    if ".." in text:
        first, _, last = text.partition("..")
        low = read(first) if first else -math.inf
        high = read(last) if last else math.inf
        if low is None or high is None or not (first or last):
            return None
        return low * (1 - slack), high * (1 + slack)
    found = _COMPARE.fullmatch(text)
    value = read(found[2].strip()) if found is not None else None
    if found is None or value is None:
        return None
    match found[1]:
        case ">=":
            return value * (1 - slack), math.inf
        case ">":
            return math.nextafter(value * (1 + slack), math.inf), math.inf
        case "<=":
            return -math.inf, value * (1 + slack)
        case "<":
            return -math.inf, math.nextafter(value * (1 - slack), -math.inf)
    slack = _ABOUT_SIZE if field == "size" else slack
    return value * (1 - slack), value * (1 + slack)


def number_text(value: float, field: str) -> str:
    """A number of a field as a person says it: ``3.0 MB``, ``1/250 s``, ``f/2.8``, ``35 mm``, ``4032 px``."""
    match field:
        case "size":
            return f"{value / 1e6:,.1f} MB" if value >= 1e6 else f"{value / 1e3:,.1f} KB"
        case "exposure" if 0 < value < 0.4:
            return f"1/{1 / value:.0f} s"
        case "exposure":
            return f"{value:g} s"
        case "f":
            return f"f/{value:.3g}"
        case "focal":
            return f"{value:g} mm"
        case "width" | "height":
            return f"{value:.0f} px"
    return f"{value:g}"


_UNITS: Final = {"": 1.0, "km": 1.0, "m": 0.001, "mi": 1.609344}
_NEAR: Final = re.compile(
    r"(-?\d{1,3}(?:\.\d{1,10})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,10})?)(?:\s*,\s*(\d{1,5}(?:\.\d{1,6})?)\s*(km|mi|m)?)?"
)
NEARBY: Final = 1.0  # km, when no distance is given
_NAMED: Final = re.compile(r"([^,]*[^\W\d_].*?)(?:\s*,\s*(\d{1,5}(?:\.\d{1,6})?)\s*(km|mi|m)?)?", re.DOTALL)
NAMED_NEARBY: Final = 20.0  # km around a place of a name
_BOX: Final = re.compile(r"\s*,\s*".join([r"(-?\d{1,3}(?:\.\d{1,10})?)"] * 4))


def circle(text: str) -> tuple[float, float, float] | None:
    """(latitude, longitude, kilometres) of ``48.85,2.35,5km``, else None. Degrees; north and east positive."""
    found = _NEAR.fullmatch(text.strip())
    if found is None or not text.isascii():
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    far = float(found[3]) * _UNITS[found[4] or ""] if found[3] else NEARBY
    return latitude, longitude, far


def named_circle(text: str) -> tuple[str, float] | None:
    """(place, kilometres) of ``paris,20km`` or ``Paris, Texas``, else None."""
    found = _NAMED.fullmatch(text.strip())
    if found is None or len(text) > 200:
        return None
    far = float(found[2]) * _UNITS[found[3] or ""] if found[2] else NAMED_NEARBY
    return found[1].strip(" ,"), far


def box(text: str) -> tuple[float, float, float, float] | None:
    """(south, west, north, east) of ``48.8,2.2,48.9,2.5``, else None. West beyond east goes over the date line."""
    found = _BOX.fullmatch(text.strip())
    if found is None or not text.isascii():
        return None
    south, west, north, east = (float(each) for each in found.groups())
    fits = -90 <= south <= north <= 90 and abs(west) <= 180 and abs(east) <= 180
    return (south, west, north, east) if fits else None


def packed_date(text: str | None) -> int:
    """``YYYY-MM-DD…`` as the number YYYYMMDDhhmmss, 0 when there is none or it is no date."""
    digits = "".join(c for c in (text or "")[:19] if "0" <= c <= "9")[:14]
    return int(digits.ljust(14, "0")) if len(digits) >= 4 else 0
