"""The search box, and where the person is."""
