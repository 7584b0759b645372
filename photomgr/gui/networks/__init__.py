"""The window of the networks: which there are, how well they do, which of them speak."""
