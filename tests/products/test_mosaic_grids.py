"""Mosaics of one target on two grids are a contradiction."""

from pathlib import Path

from miri_widgets.products.mosaic_grids import mosaic_grids
from miri_widgets.products.scan import Mosaic


def mosaic(name, nx=2404, ny=1994, angle=62.0, program="02732", crval1=339.0):
    return Mosaic(
        Path(f"/data/{name}"),
        "F770W",
        program,
        "",
        "MJy/sr",
        nx,
        ny,
        1,
        1,
        crval1,
        33.96,
        1202.5,
        997.5,
        angle,
    )


def test_mosaics_on_two_grids_are_told():
    same = [mosaic("a_i2d.fits"), mosaic("b_i2d.fits")]
    assert mosaic_grids(same) == ()
    assert mosaic_grids([*same, mosaic("c_i2d.fits", 2508, 2149, 50.0, program="02736")]) == ()
    (line,) = mosaic_grids([*same, mosaic("c_i2d.fits", 2508, 2149, 50.0)])
    assert line.startswith("3 mosaics of program 02732 lie on 2 grids (2404 x 1994 pixels at 62.00 degrees")
    assert mosaic_grids([*same, mosaic("c_i2d.fits", crval1=339.0001)])
    (line,) = mosaic_grids([mosaic(f"m{number:02d}_i2d.fits", 100 + number) for number in range(30)])
    assert "lie on 30 grids" in line and "; and 26 more)" in line and len(line) < 500
    assert mosaic_grids([*same, mosaic("c_i2d.fits", 1, 1, float("nan"))]) == ()


def test_foreign_mosaics_of_other_targets_are_no_contradiction():
    names = [f"jw02732-o00{number}_t00{number}_miri_f770w_i2d.fits" for number in (1, 2, 3)]
    assert mosaic_grids([mosaic(name, nx=100 + len(name) + place) for place, name in enumerate(names)]) == ()
    same = [
        mosaic(f"jw02732-o001_t001_miri_{name}_i2d.fits", nx=nx)
        for name, nx in (("f770w", 10), ("f560w", 11))
    ]
    assert "2 mosaics of program 02732 lie on 2 grids" in mosaic_grids(same)[0]
