"""Networks and what they say about a photo: no Qt; the only users of onnxruntime."""
