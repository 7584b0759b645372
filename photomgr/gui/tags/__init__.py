"""The right panel: what is decided and suggested for the selected photos."""
