"""Keeps ``resources/translations`` up with the texts of the window: ``python -m tests.translations``.

English needs a translation only for its plurals: ``%n photo(s)`` becomes ``1 photo`` or ``3 photos``.
Another language starts from all texts (``pyside6-lupdate photomgr/gui/**/*.py -ts
resources/translations/photomgr_de.ts``) and is compiled by this script like English.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import PySide6

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "resources" / "translations"
ENGLISH = FOLDER / "photomgr_en.ts"


def run_tool(name: str, *arguments: str) -> None:
    """Run Qt's own lupdate or lrelease, as PySide6 brings it."""
    tool = Path(PySide6.__file__).parent / name
    subprocess.run([str(tool), "-silent", *arguments], check=True)


def plural_texts() -> dict[str, set[str]]:
    """Context -> the texts of the window that speak of a number of things."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "all.ts"
        sources = sorted(str(path) for path in (ROOT / "photomgr" / "gui").rglob("*.py"))
        run_tool("lupdate", *sources, "-locations", "none", "-ts", str(found))
        tree = ElementTree.parse(found)
    texts: dict[str, set[str]] = {}
    for context in tree.iter("context"):
        for message in context.iter("message"):
            source = message.findtext("source", "")
            # lupdate sees the number in tr(), not in translate().
            if message.get("numerus") == "yes" or "%n" in source:
                texts.setdefault(context.findtext("name", ""), set()).add(source)
    return texts


def english() -> ElementTree.ElementTree:
    """The English translation: singular and plural of each plural text."""
    root = ElementTree.Element("TS", version="2.1", language="en", sourcelanguage="en")
    for name, sources in sorted(plural_texts().items()):
        context = ElementTree.SubElement(root, "context")
        ElementTree.SubElement(context, "name").text = name
        for source in sorted(sources):
            message = ElementTree.SubElement(context, "message", numerus="yes")
            ElementTree.SubElement(message, "source").text = source
            translation = ElementTree.SubElement(message, "translation")
            for form in ("", "s"):
                ElementTree.SubElement(translation, "numerusform").text = source.replace("(s)", form)
    ElementTree.indent(root)
    return ElementTree.ElementTree(root)


def known(path: Path = ENGLISH) -> dict[str, set[str]]:
    """Context -> the texts that a ``.ts`` file translates."""
    return {
        context.findtext("name", ""): {message.findtext("source", "") for message in context.iter("message")}
        for context in ElementTree.parse(path).iter("context")
    }


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    english().write(ENGLISH, encoding="utf-8", xml_declaration=True)
    for source in sorted(FOLDER.glob("*.ts")):
        run_tool("lrelease", str(source), "-qm", str(source.with_suffix(".qm")))
        print(source.with_suffix(".qm").relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
