"""The image viewer behind a small protocol."""
