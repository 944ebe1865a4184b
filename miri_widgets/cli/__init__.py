"""The console command ``miri-widgets``."""

from miri_widgets.cli.main import main

__all__ = ["main"]
