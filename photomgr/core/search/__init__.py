"""The search index: a Whoosh view of the catalog, fed by revision; never the truth.

``text`` folds and cuts, ``words`` and ``segment`` hold posting lists as arrays, ``shelf`` is one Whoosh
index with its commits, ``snapshot`` what a search looks at, ``fuzzy``, ``evaluate`` and ``nearest`` answer,
``facets`` count, ``beginnings`` completes, and ``index`` is the face of it all.
"""

from photomgr.core.search.evaluate import Reason
from photomgr.core.search.facets import Facets
from photomgr.core.search.index import CatalogFeed, SearchIndex

__all__ = ["CatalogFeed", "Facets", "Reason", "SearchIndex"]
