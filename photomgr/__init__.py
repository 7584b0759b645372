"""photomgr: a desktop photo manager that tags, learns from decisions and finds again, all offline."""

__version__ = "0.1.0"
