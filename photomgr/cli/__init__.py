"""The command line: every capability without a screen. CLI.md's contract, in words of ``--help``.

Machine-readable lines go to stdout with ``--json`` and nothing else does; progress and messages go
to stderr. Exit codes: 0 done, 1 done but some items failed, 2 wrong usage, 3 the catalog is in use,
4 the catalog cannot be used.
"""
