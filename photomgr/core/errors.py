"""The exception tree.

PhotomgrError            the world failed; the message is a sentence for the person
├── CatalogError         the catalog cannot be used (exit code 4)
│   └── CatalogBusy      another program holds the pen (exit code 3)
├── ReadOnly             a guest asked for a change
├── ImageError           a photo cannot be decoded; ``reason`` goes into its row
│   ├── ImageChanged     the file is not the one that was asked for: a scan will notice
│   └── ImageUnavailable permission, disk or memory failed, not the picture: worth another try
├── ModelError           a network or its card is missing, damaged or unfit
│   └── PhotoRefused     a network failed on one photo, and may well take the others
├── QueryError           a search text that cannot be understood
└── UsageError           what was asked makes no sense (exit code 2)

Anything else that is raised is a bug of ours.
"""

from __future__ import annotations


class PhotomgrError(Exception):
    """The world failed, not the program. ``str(error)`` can be shown to the person."""


class CatalogError(PhotomgrError):
    """The catalog cannot be used; the message says what to do."""


class CatalogBusy(CatalogError):
    """Another running photomgr holds the pen of this catalog."""


class ReadOnly(PhotomgrError):
    """A change was asked for in read-only mode."""


class ImageError(PhotomgrError):
    """A photo cannot be decoded; the message is the reason, as kept in the catalog."""


class NotYet(ImageError):
    """The file is sound, and what reads its kind is not installed here."""


class ImageChanged(ImageError):
    """Another picture lies at this path than the catalog knows there. Nothing is wrong with either."""


class ImageUnavailable(ImageError):
    """The file could not be read this time, whatever is in it: another try may go well."""


class ModelError(PhotomgrError):
    """A network, its labels or its card cannot be used."""


class PhotoRefused(ModelError):
    """A network that cannot be done without failed on this photo. Others may go well."""


class QueryError(PhotomgrError):
    """A search text cannot be understood; the message says where and how to mend it."""


class UsageError(PhotomgrError):
    """What was asked makes no sense, for example a rating of 7."""
