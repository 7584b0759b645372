"""The catalog, the files and the search index: no Qt and no onnxruntime in here."""
