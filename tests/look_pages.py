"""
A program whose stages have run, without the pipeline: products with stars and flags, and a page that shows them.

Shared by the browser tests and the bench of the viewer. A kernel opens the same folder with `open_look`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support import fake_rooms  # beside the tests of models, which share it

__all__ = ["FLAT", "SKY", "open_look", "write_look", "write_notebook", "write_ramp"]

SKY = 40.0
"""Level of the calibrated images, MJy/sr."""

FLAT = 0.9
"""By what the stage "areas" multiplies the image, so that the difference is seen."""

_DNU, _JUMP, _NON_SCIENCE, _DEAD = 1 << 0, 1 << 2, 1 << 9, 1 << 10
_CELLS = """import sys
sys.path.insert(0, {tests!r})
from look_pages import open_look
from miri_widgets.dashboard import Dashboard
from miri_widgets.viewer import make_viewer
session = open_look({folder!r})
session.follow()
Dashboard(session, viewer=make_viewer({kind!r}, height={height!r}))"""


def write_look(
    folder: Path,
    shape: tuple[int, int] = (256, 256),
    *,
    dithers: int = 1,
    ramps: Sequence[tuple[int, int, int, int]] = (),
) -> Path:
    """
    Write raw exposures, and products of detector1, image2 and areas, with records, into a workspace.

    Parameters
    ----------
    folder : Path
        Where to.
    shape : tuple of int
        (ny, nx) of the products.
    dithers : int
        Number of exposures.
    ramps : sequence of (nints, ngroups, ny, nx)
        Shape of each raw exposure; 2 integrations of 5 groups by default.
    """
    program = fake_rooms.fake_program(folder, dithers=dithers, filters=("F770W",), stages=("areas",))
    for number, path in enumerate(sorted(program.folders[0].glob("*_uncal.fits"))):
        write_ramp(path, ramps[number] if ramps else (2, 5, *shape))
    session = _session(program)
    session.poll()
    session.run_all()
    session.services.engine.finish()
    session.poll()
    for name, unit in (("detector1", "DN/s"), ("image2", "MJy/sr"), ("areas", "MJy/sr")):
        for row in session.stages[name].rows:
            for path in row.products:
                if path.stem.endswith(("_rate", "_cal")):
                    _write_image(path, shape, unit, after=name == "areas")
            _record_sizes(row.products)
    session.close()
    return folder


def _record_sizes(products: tuple[Path, ...]) -> None:
    """A record whose sizes are not those of the files is not believed."""
    from miri_widgets.run.records import read_record, write_record

    record = read_record(products[0].parent)
    sizes = {path.name: path.stat().st_size for path in products}
    write_record(products[0].parent, replace(record, products=sizes))


def _session(program: Any) -> Any:
    from miri_widgets.models.session import SessionModel

    return SessionModel(program, fake_rooms.fake_services(program))


def open_look(folder: str | Path) -> Any:
    """Open a session on what `write_look` wrote; it follows where an event loop runs. Nothing is run by it."""
    from miri_widgets.products.program import Program

    base = Path(folder)
    program = Program(
        title="Trial program",
        program="09999",
        name="trial",
        folders=(base / "uncal",),
        workspace=base / "workspace",
        stages=("areas",),
        display={"F770W": {"rate": (10.0, 50.0), "cal": (30.0, 60.0), "subtracted": (-0.1, 5.0)}},
    )
    session = _session(program)
    session.poll()
    return session


def write_notebook(
    folder: Path, name: str, kind: str = "jdaviz", *, height: str = "520px", more: str = ""
) -> Path:
    """Write a notebook that shows the dashboard of `folder`, with a kind of viewer; `more` is run before the last line."""
    first, _, last = _CELLS.format(
        tests=str(Path(__file__).parent), folder=str(folder), kind=kind, height=height
    ).rpartition("\n")
    cells = [
        nbformat.v4.new_code_cell("\n".join(part for part in (first, more) if part)),
        nbformat.v4.new_code_cell(last),
    ]
    path = folder / "pages" / name
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"miri_widgets": {"title": name}}), path)
    return path


def write_ramp(path: Path, shape: tuple[int, int, int, int]) -> None:
    """Write ramps into a raw exposure whose header is there: 100 DN per group, bent from column to column."""
    nints, ngroups = shape[:2]
    with fits.open(path) as hdus:
        primary = hdus[0].copy()
    primary.header["TGROUP"], primary.header["NGROUPS"], primary.header["NINTS"] = 2.775, ngroups, nints
    group = np.arange(ngroups)[:, None]
    rows = 1000 + 100 * group + group * (group - 1) // 2 * (np.arange(shape[3]) % 7)
    counts = np.broadcast_to(rows.astype(np.uint16)[None, :, None, :], shape)
    fits.HDUList([primary, fits.ImageHDU(np.ascontiguousarray(counts), name="SCI")]).writeto(
        path, overwrite=True
    )


def _write_image(path: Path, shape: tuple[int, int], unit: str, *, after: bool) -> None:
    with fits.open(path) as hdus:
        primary = hdus[0].copy()
    pixels = star_field(shape) * np.float32(FLAT if after else 1.0)
    science = fits.ImageHDU(pixels, _wcs(shape).to_header(), name="SCI")
    science.header["BUNIT"] = unit
    error = fits.ImageHDU(np.full(shape, 0.5, np.float32), name="ERR")
    dq = fits.ImageHDU(flags(shape, after=after), name="DQ")
    fits.HDUList([primary, science, error, dq]).writeto(path, overwrite=True)


def star_field(shape: tuple[int, int], *, stars: int = 200) -> NDArray[np.float32]:
    """Return a sky of `SKY` with noise and stars, shape (ny, nx); the same for every exposure."""
    rng = np.random.default_rng(7)
    image = rng.normal(SKY, 0.5, shape).astype(np.float32)
    for _ in range(stars):
        y, x = rng.integers(6, shape[0] - 6), rng.integers(6, shape[1] - 6)
        yy, xx = np.mgrid[-5:6, -5:6]
        image[y - 5 : y + 6, x - 5 : x + 6] += rng.uniform(20, 400) * np.exp(-(yy**2 + xx**2) / 4)
    return image


def flags(shape: tuple[int, int], *, after: bool) -> NDArray[np.uint32]:
    """Return flags, shape (ny, nx); `after` the stage the left eighth is NON_SCIENCE and DO_NOT_USE, too."""
    rng = np.random.default_rng(11)
    dq = np.where(rng.uniform(size=shape) < 0.02, _JUMP, 0).astype(np.uint32)
    dq |= np.where(rng.uniform(size=shape) < 0.002, _DEAD | _DNU, 0).astype(np.uint32)
    if after:
        dq[:, : shape[1] // 8] |= _NON_SCIENCE | _DNU
    return dq


def _wcs(shape: tuple[int, int]) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [80.5, -69.5]
    wcs.wcs.crpix, wcs.wcs.cdelt = [shape[1] / 2, shape[0] / 2], [-0.11 / 3600, 0.11 / 3600]
    return wcs
