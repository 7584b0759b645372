"""The map: where photos were taken."""
