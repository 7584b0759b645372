"""The left panel: places of the library, folders and tags."""
