"""Tags into sidecars and files, and what other programs changed there back into tags.

``packet`` edits one block of bytes through exiv2, ``foreign`` proves that nothing of other programs was
lost, ``writer`` puts bytes in a file's place, ``kept`` remembers what was there before, and ``merging``
is the three-way merge. None of them knows the catalog.
"""
