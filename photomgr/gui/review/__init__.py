"""The review workbench: deciding on many suggestions quickly, by tag, by photo and by group."""
