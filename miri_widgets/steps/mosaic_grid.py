"""A mosaic grid as the file that ``resample.output_wcs`` takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import asdf
import gwcs
import numpy as np
from astropy import coordinates, units
from astropy.modeling import models
from gwcs import FITSImagingWCSTransform, coordinate_frames
from humanize import naturalsize

from miri_widgets.core.mosaic_grid import MosaicGrid, grid_around
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.moving_targets import mosaic_footprints

__all__ = ["grid_of_exposures", "grid_report", "grid_wcs", "read_grid", "write_grid"]

_GRID = "miri_widgets_grid"
_MANY_PIXELS = 100e6


def grid_of_exposures(exposures: Iterable[Exposure], **choices: Any) -> MosaicGrid:
    """
    Return the grid that holds exposures, of all filters; those of a moving target where image3 puts them.

    Parameters
    ----------
    exposures : iterable of Exposure
        Products with S_REGION: cal or crf. In any order.
    **choices
        Keyword arguments of `miri_widgets.core.mosaic_grid.grid_around`.

    Raises
    ------
    InputError
        If an exposure has no footprint.
    """
    return grid_around(mosaic_footprints(exposures).values(), **choices)


def grid_report(grid: MosaicGrid, exposures: Sequence[Exposure]) -> dict[str, Any]:
    """
    Return a grid in plain values, with the exposures that it is to hold: for a picture, and for the record of a run.

    Parameters
    ----------
    grid : MosaicGrid
        The grid.
    exposures : sequence of Exposure
        Products with S_REGION.

    Returns
    -------
    dict
        ``grid`` (its numbers), ``corners`` (four RA, Dec, degrees), ``size_arcmin`` (x, y), ``footprints`` (corners by
        root), ``filters`` (by root), ``outside`` (roots that it does not hold) and ``warnings`` (sentences).
    """
    corners = mosaic_footprints(exposures)
    footprints = {root: [list(corner) for corner in corner_list] for root, corner_list in corners.items()}
    outside = [root for root, corner_list in corners.items() if not grid.holds(corner_list)]
    warnings = []
    if outside:
        more = f" and {len(outside) - 1} others" if len(outside) > 1 else ""
        warnings.append(
            f"{outside[0]}{more} lie partly outside of the grid: make it larger, or leave its size open."
        )
    if grid.nx * grid.ny > _MANY_PIXELS:
        warnings.append(
            f"A mosaic of {grid.nx} x {grid.ny} pixels needs {naturalsize(grid.nx * grid.ny * 28)} of memory."
        )
    return {
        "grid": grid.to_dict(),
        "corners": [list(corner) for corner in grid.corners()],
        "size_arcmin": [grid.nx * grid.scale / 60, grid.ny * grid.scale / 60],
        "footprints": footprints,
        "filters": {exposure.root: exposure.filter for exposure in exposures},
        "outside": outside,
        "warnings": warnings,
    }


def grid_wcs(grid: MosaicGrid) -> gwcs.WCS:
    """
    Return the grid as a gWCS of the form that resample itself makes, with its size.

    Parameters
    ----------
    grid : MosaicGrid
        The grid.
    """
    transform = FITSImagingWCSTransform(
        models.Pix2Sky_TAN(),
        crpix=list(grid.crpix),
        crval=[grid.ra, grid.dec],
        cdelt=[-grid.scale / 3600, grid.scale / 3600],
        pc=grid.pc,
    )
    detector = coordinate_frames.Frame2D(name="detector", axes_order=(0, 1), unit=(units.pix, units.pix))
    sky = coordinate_frames.CelestialFrame(
        name="world", reference_frame=coordinates.ICRS(), unit=(units.deg, units.deg)
    )
    wcs = gwcs.WCS([(detector, transform), (sky, None)])
    wcs.bounding_box = ((-0.5, grid.nx - 0.5), (-0.5, grid.ny - 0.5))
    wcs.array_shape = grid.shape
    return wcs


def write_grid(grid: MosaicGrid, path: Path) -> None:
    """
    Write a grid as ASDF, atomically.

    Parameters
    ----------
    grid : MosaicGrid
        The grid.
    path : Path
        Where to write.

    Notes
    -----
    Beside ``wcs``, which resample reads, with ``pixel_scale`` [arcsec] and ``array_shape`` (the shape of a gWCS is
    not kept in every version of the format), stand the plain numbers of the grid.
    """
    tree = {
        "wcs": grid_wcs(grid),
        "array_shape": list(grid.shape),
        "pixel_scale": float(grid.scale),
        "pixel_area": float(grid.scale**2),
        _GRID: grid.to_dict(),
    }
    with new_file(Path(path)) as temporary:
        asdf.AsdfFile(tree).write_to(temporary)


def read_grid(path: Path) -> MosaicGrid:
    """
    Read the grid of a file.

    Parameters
    ----------
    path : Path
        A file of `write_grid`, or any other that resample takes, as long as its pixels are square in a tangent plane.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it holds no such grid.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"no grid {shown_name(path)}", f"a file in {path.parent}", "make the grid of the program again"
        )
    try:
        with asdf.open(path, lazy_load=False, memmap=False) as file:
            tree = file.tree
            if _GRID in tree:
                return MosaicGrid(**dict(tree[_GRID]))
            return _grid_of(tree["wcs"], tree.get("array_shape"))
    except Exception as error:  # asdf has errors of its own for every kind of damage
        raise BadTableError(
            f"{shown_name(path)} holds no mosaic grid ({str(error).splitlines()[0][:80] if str(error) else 'damaged'})",
            "an ASDF file with a gWCS under the key wcs",
            "make the grid of the program again",
        ) from error


def _grid_of(wcs: gwcs.WCS, shape: Any) -> MosaicGrid:
    ny, nx = (int(size) for size in (shape or wcs.array_shape))
    x, y = (nx - 1) / 2, (ny - 1) / 2
    ra, dec = (float(coordinate) for coordinate in wcs(x, y, with_bounding_box=False))
    above = wcs(x, y + 1, with_bounding_box=False)
    east = ((float(above[0]) - ra + 180) % 360 - 180) * np.cos(np.deg2rad(dec)) * 3600
    north = (float(above[1]) - dec) * 3600
    return MosaicGrid(
        ra, dec, float(np.hypot(east, north)), float(np.rad2deg(np.arctan2(east, north))), nx, ny
    )
