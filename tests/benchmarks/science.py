"""
Science figures against injected truth: `make science`, or `science.py PART ...`.

Prints a table and writes ``build/science.json``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from keys import SCIENCE_PARTS, science_keys
from parts import conclude, measure_parts
from tables import write

Figures = dict[str, float | None]
SHARED = Path(__file__).parents[3] / "shared" / "data"


def demo() -> tuple[Figures, list[str]]:
    """Positions, fluxes and sky of the demo program."""
    import demo_science

    return demo_science.measure()


def ablation() -> tuple[Figures, list[str]]:
    """Detector1 without each of its steps."""
    import ablation as steps

    return steps.measure()


def wcs() -> tuple[Figures, list[str]]:
    """The WCS of a real exposure, from its header alone."""
    from miri_widgets.simulation.golden import golden_corner_error

    golden = SHARED / "wcs" / "carina_golden_wcs.json"
    if not golden.is_file():
        return {"wcs.golden_corner_pix": None}, [f"wcs: the real exposure's facts are not at {golden}"]
    return {"wcs.golden_corner_pix": golden_corner_error(golden)}, []


def psf() -> tuple[Figures, list[str]]:
    """Simulated FWHM over the measured one, the worst of nine filters."""
    from miri_widgets.simulation.instrument import FILTERS
    from miri_widgets.simulation.psf import point_spread

    ratios = {name: point_spread(name).fwhm() / imaging.fwhm for name, imaging in FILTERS.items()}
    worst = max(ratios, key=lambda name: abs(ratios[name] - 1))
    return {"psf.fwhm_worst_ratio": ratios[worst]}, [f"psf: the worst filter is {worst}"]


def real() -> tuple[Figures, list[str]]:
    """Real ramps through detector1, real mosaics through the source finder."""
    import real_data

    return real_data.measure(SHARED)


PARTS: dict[str, Callable[[], tuple[Figures, list[str]]]] = {
    "wcs": wcs,
    "psf": psf,
    "real": real,
    "demo": demo,
    "ablation": ablation,
    **{name: lambda name=name: import_module(f"{name}_science").measure() for name in SCIENCE_PARTS},
}


def main() -> int:
    """Measure the parts that were asked for; exit with 1 when a bound is missed."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    values, notes, failed = measure_parts(names, PARTS)
    return conclude(write("science", science_keys(), values, notes), failed)


if __name__ == "__main__":
    raise SystemExit(main())
