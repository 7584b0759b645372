"""The one facade: every action of a person is one short method that returns a Change."""

from .facade import Library

__all__ = ["Library"]
