"""The only crossing of threads."""
