"""Training, evaluation and export of the shipped network: offline, and never imported by the app."""
