"""
Speed: `make bench`, or `bench.py engine` / `bench.py page` for a part.

Prints a table and writes ``build/bench.json``. Ratios are taken in one run on
one machine; run it on a quiet one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

from keys import bench_keys
from parts import Measured, conclude, measure_parts
from tables import write

PARTS = {
    "engine": ("engine_bench.measure",),
    "processor": ("processor_bench.measure",),
    "page": ("page_bench.measure",),
    "sky": ("sky_bench.measure",),
    "shifts": ("shifts_science.bench", "shifts_panel_bench.measure"),
    "contact_sheet": ("contact_sheet_bench.measure",),
    "composite": ("composite_bench.measure",),
    "map": ("exposure_map_bench.measure",),
    "table": ("table_bench.measure",),
    "viewer": ("viewer_bench.measure",),
}
"""What measures each part: values by key, with notes or without."""


def main() -> int:
    """Measure the parts that were asked for; exit with 1 when a bound is missed."""
    values: dict[str, float | None] = {}
    notes = [f"{os.cpu_count()} cores, load at the start {os.getloadavg()[0]:.1f}"]
    names = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    measured, said, failed = measure_parts(names, {name: _measure(calls) for name, calls in PARTS.items()})
    values |= measured
    notes += said
    return conclude(write("bench", bench_keys(), values, notes), failed)


def _measure(calls: tuple[str, ...]) -> Callable[[], Measured]:
    """Return what measures a part: values by key, and notes."""

    def measure() -> Measured:
        values: dict[str, float | None] = {}
        notes: list[str] = []
        for call in calls:
            module, _, function = call.partition(".")
            found = getattr(import_module(module), function)()
            measured, said = found if isinstance(found, tuple) else (found, [])
            values |= measured
            notes += said
        return values, notes

    return measure


if __name__ == "__main__":
    raise SystemExit(main())
