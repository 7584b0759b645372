"""Colours, icons, texts and small widgets without a purpose of their own."""
