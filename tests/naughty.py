"""Several hundred names that trouble programs, made here by construction from the kinds of trouble.

    python -m tests.naughty [LIST.json]

tags one small picture with each, through a real catalog and index, and looks for every one by typing it in quotes. A
JSON list of strings may be given in place of our own, such as the Big List of Naughty Strings.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from photomgr import jobs
from photomgr.core.errors import UsageError
from photomgr.core.paths import Paths
from photomgr.core.query import quote
from photomgr.library import Library

_RESERVED = (
    "undefined", "null", "NULL", "None", "nil", "true", "False", "NaN", "-Infinity", "Infinity", "then",
    "constructor",
    "__proto__", "hasOwnProperty", "AND", "OR", "NOT", "and", "or", "not", "TO", "CON", "PRN", "AUX",
    "NUL", "COM1",
    "LPT1", "con.txt", "\\", "\\\\", "//", "/dev/null", "~", "..", ".", "../../../etc/hosts", "C:\\nul",
    "$HOME",
    "%USERPROFILE%", "`id`", "$(id)", "${PATH}", "{0}", "%s%n%x", "%d", "%%", "{{7*7}}", "<%= 1 %>",
    "#{1}", "[a TO z]",
    "is:untagged", "tag:*", "-tag:x", "rating:>=3", "date:2019..", "a:b:c", "name:", "similar:1",
    "near:1,2,3km",
    "visual:off", "*", "**", "?", "??", "a*b", "a~2", "~2", "a~", "^a", "a^2", "+a", "-a", "--", "&&",
    "||", "!", "(", ")",
    "(a)", "((a) OR b)", "()", "[", "]", "{", "}", "<", ">", ">=", ":", ";", ",", "'", "''", '"', '""',
    '"a"', "a\"b",
    'a "b" c', '"a" OR "b"', "\\\"", "a\\", "a\\\\b", "\\n", "\\u0041", "“a”", "„a“", "«a»", "‘a’", "`a`",
    "´", "''a''",
)  # fmt: skip
_NUMBERS = (
    "0", "1", "-1", "+1", "01", "1.0", "1,0", "1.5e3", "-1E+02", "0x0", "0xfff", "0b1", "1/2", "1/0",
    "0/0", "1e999",
    "2147483648", "-9223372036854775809", "1_000", "1 000", "1'000", "0.0000001", ".5", "5.", "--1",
    "1-1", "∞", "½", "٣",
    "１２", "Ⅷ", "²", "2019", "2019-06", "2019-06-21", "20:30", "50%", "5km", "$5", "€5", "#5", "№5",
)  # fmt: skip
_INJECTED = (
    "<b>bold</b>", "<script>f(1)</script>", "<img src=x onerror=f()>", "<a href='j:f()'>x</a>", "]]>",
    "<!-- x -->", "&lt;",
    "&#60;", "&amp;amp;", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY y 'z'>]>", "&y;",
    "javascript:f(1)", "'; --",
    "1; DROP TABLE tags", "x' OR '1'='1", 'x" OR "1"="1', "' UNION SELECT 1 --", "%27", "%00",
    "%2e%2e%2f", "a%0Ab",
    "rm -rf x", "| cat x", "&& x", "> x", "eval('x')", "__import__('os')", "System.exit(1)",
    "require('x')", "@x", "=1+1",
    "+1+1", "-1+1", "@SUM(1)", "http://a.example/?q=1&r=%20#x", "file:///etc/hosts", "a@b.example",
    "{\"a\": [1, null]}",
    "<svg/onload=f()>", "<iframe src=//x>", "\"><x", "'><x", "--><x", "url(x)", "expression(f())",
    "style=\"x:y\"",
)  # fmt: skip
_SCRIPTS = {
    "greek": "Ελλάδα", "russian": "Ёжик", "arabic": "مرحبا بالعالم", "hebrew": "שָׁלוֹם",
    "hindi": "हिन्दी", "thai": "ภาษาไทย",
    "chinese": "漢字和汉字", "japanese": "ひらがなカタカナ", "half width": "ｶﾀｶﾅ", "korean": "한국어", "jamo": "한국",
    "tamil": "தமிழ்", "georgian": "ქართული", "armenian": "Հայերեն", "amharic": "አማርኛ",
    "khmer": "ភាសាខ្មែរ", "tibetan": "བོད",
    "turkish": "İstanbul ışık", "german": "Straße ẞ", "danish": "Ærø Ålborg", "polish": "Łódź żółć",
    "icelandic": "Þórður",
    "vietnamese": "Tiếng Việt", "ligature": "ﬁnﬂow ﬀ", "full width": "ＡＢＣ ａｂｃ", "script": "𝓯𝓪𝓷𝓬𝔂",
    "double": "𝔻𝕠𝕦𝕓𝕝𝕖",
    "upside down": "uʍop ǝpᴉsdn", "circled": "ⒶⒷⒸ", "cuneiform": "𒀀𒁀", "runes": "ᚠᚢᚦ", "ogham": "ᚁᚂᚃ",
    "braille": "⠃⠇",
    "rare": "𠜎𠜱𡃁", "private": "\ue000\uf8ff", "gothic": "𐌰𐌱",
}  # fmt: skip
_EMOJI = (
    "😀", "👩🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "1️⃣", "❤️", "❤", "♥", "✋🏿 💪🏿", "🐵 🙈", "(╯°□°)╯︵ ┻━┻",
    "¯\\_(ツ)_/¯", "ಠ_ಠ", "☃", "⌘⌥",
    "™®©", "→←", "∑∫√", "♔♕", "▓▒░", "…", "‽", "⁉️", "〰", "🀄",
)  # fmt: skip
_SPACES = "\u00a0\u1680\u2002\u2003\u2009\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e\u034f\u115f"
_TURNED = "\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2069"
_CONTROLS = "\x01\x07\x08\x0b\x0c\x1b\x7f\x85\x9b"
_MARKS = "\u0300\u0301\u0308\u0327\u0336\u0489\u20dd\u0338"
_ASCII = "".join(chr(n) for n in range(33, 127) if not chr(n).isalnum())


def names() -> list[str]:
    """Each once, as somebody might type it."""
    return list(dict.fromkeys(_all()))


def _all() -> Iterator[str]:
    yield from _RESERVED
    yield from _NUMBERS
    yield from _INJECTED
    yield from _SCRIPTS.values()
    yield from (unicodedata.normalize("NFD", text) for text in _SCRIPTS.values())
    yield from _EMOJI
    yield from (f"{one}{other}" for one, other in itertools.product(_ASCII, '*"\\-:('))
    yield from (f"x{sign}y" for sign in _SPACES + _UNSEEN + _TURNED + _CONTROLS + "\t\n\r\u2028\u2029")
    yield from (f"{sign}{sign}z" for sign in _UNSEEN + _TURNED)
    yield from ("e" + mark * count for mark in _MARKS for count in (1, 9, 60))
    yield from ("a" * count for count in (1, 64, 255))
    yield from (" ".join(["word"] * count) for count in (2, 40))
    yield from (
        "\x1b[0;31mred\x1b[0m",
        "a\x08\x08b",
        "  padded  ",
        "a  b",
        "É",
        "é",
        "e\u0301",
        "ss",
        "ß",
        "SS",
    )
    yield "".join(a + b for a, b in zip("over the top", _MARKS * 2, strict=False))


def tag_all(library: Library, folder: Path, strings: Sequence[str]) -> dict[str, int]:
    """Tag a picture of its own with each; the photo of each that was kept. Only what is no name at all is not."""
    folder.mkdir(parents=True)
    for number in range(len(strings)):
        Image.new("RGB", (8, 8), (number % 256, number // 256, 90)).save(folder / f"{number:04}.png")
    library.add_root(folder)
    jobs.run(library.scan())
    jobs.run(library.index())
    photos = {photo.name: photo.id for photo in library.photos(library.find("").ids.tolist())}
    kept = {}
    for number, text in enumerate(strings):
        try:
            library.tag(text, [photos[b"%04d.png" % number]])
            kept[text] = photos[b"%04d.png" % number]
        except UsageError as error:
            assert "needs a name" in str(error), (text, str(error))
    jobs.run(library.index())
    return kept


def in_quotes(text: str) -> list[str]:
    """The ways in which somebody types a name in quotes."""
    return [f'"{text}"', f'tag:"{text}"', quote(text), f"tag:{quote(text)}"]


def lost(library: Library, kept: dict[str, int]) -> list[str]:
    """The searches that should find a photo and do not."""
    return [
        query
        for text, photo in kept.items()
        for query in in_quotes(text)
        if photo not in library.find(query).ids
    ]


def main() -> int:
    """Try a list; 1 when something is lost."""
    strings = (
        list(dict.fromkeys(json.loads(Path(sys.argv[1]).read_text("utf-8")))) if sys.argv[1:] else names()
    )
    with tempfile.TemporaryDirectory() as temporary:
        library = Library.open(Paths.under(Path(temporary) / "base"))
        try:
            kept = tag_all(library, Path(temporary) / "photos", strings)
            gone = lost(library, kept)
        finally:
            library.close()
    print(
        f"{len(strings)} names, {len(strings) - len(kept)} of them empty, {len(gone)} searches find too little"
    )
    print("\n".join(map(repr, gone)))
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
