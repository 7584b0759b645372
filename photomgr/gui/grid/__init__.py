"""The grid of photos: what it lists, where each cell lies, how it is painted and selected."""
