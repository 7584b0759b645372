"""What stands around the photos: toolbar, status bar, pages, dialogs."""
