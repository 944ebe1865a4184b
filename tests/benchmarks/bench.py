"""
Speed: `make bench`, or `bench.py engine` / `bench.py page` for a part.

Prints a table and writes ``build/bench.json``. Ratios are taken in one run on
one machine; run it on a quiet one.
"""

from __future__ import annotations

import os
import sys

from keys import bench_keys
from tables import write


def main() -> int:
    """Measure the parts that were asked for; exit with 1 when a bound is missed."""
    values: dict[str, float | None] = {}
    notes = [f"{os.cpu_count()} cores, load at the start {os.getloadavg()[0]:.1f}"]
    for name in sys.argv[1:] or ("engine", "page", "sky", "shifts", "viewer"):
        if name == "engine":
            import engine_bench

            values |= engine_bench.measure()
        elif name == "page":
            import page_bench

            values |= page_bench.measure()
        elif name == "sky":
            import sky_bench

            found, told = sky_bench.measure()
            values |= found
            notes += told
        elif name == "shifts":
            import shifts_panel_bench
            import shifts_science

            for found, told in (shifts_science.bench(), shifts_panel_bench.measure()):
                values |= found
                notes += told
        elif name == "viewer":
            import viewer_bench

            found, told = viewer_bench.measure()
            values |= found
            notes += told
        else:
            print(f"there is no part {name!r}: engine, page, sky, shifts, viewer", file=sys.stderr)
            return 2
    return int(write("bench", bench_keys(), values, notes) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
