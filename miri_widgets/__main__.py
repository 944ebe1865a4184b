"""``python -m miri_widgets`` is the console command ``miri-widgets``."""

from __future__ import annotations

from miri_widgets.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
