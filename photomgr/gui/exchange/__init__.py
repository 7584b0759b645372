"""Files and other programs: tags written after a look, conflicts settled, things taken out and in, files moved."""
