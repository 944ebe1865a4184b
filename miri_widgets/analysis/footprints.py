"""Where exposures lie on the sky, from headers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from miri_widgets.core.mosaic_grid import MosaicGrid, grid_around, parse_footprint
from miri_widgets.errors import InputError, MiriWidgetsError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.moving_targets import mosaic_footprints

__all__ = ["Corners", "known_footprints", "previewed_grid", "read_footprints"]

Corners = tuple[tuple[float, float], ...]
"""(RA, Dec) of the corners of an exposure, degrees."""


def read_footprints(files: Iterable[Path]) -> dict[str, Corners]:
    """
    Read the footprints of exposures; those that cannot be read or have none are left out.

    Parameters
    ----------
    files : iterable of Path
        Products of one exposure each. Only headers are read.

    Returns
    -------
    dict
        Corners by name of the exposure without suffix, in the order of the names.
    """
    exposures = []
    for path in sorted(files):
        try:
            exposures.append(read_exposure(path))
        except MiriWidgetsError:
            continue
    return known_footprints(exposures)


def known_footprints(exposures: Iterable[Exposure]) -> dict[str, Corners]:
    """
    Return the footprints of exposures whose headers have been read, as far as they have one.

    Parameters
    ----------
    exposures : iterable of Exposure
        The exposures.
    """
    with_footprint = []
    for exposure in exposures:
        try:
            parse_footprint(exposure.s_region)
        except InputError:
            continue
        with_footprint.append(exposure)
    return dict(mosaic_footprints(with_footprint))


def previewed_grid(footprints: dict[str, Corners], settings: dict[str, Any]) -> MosaicGrid:
    """
    Return the grid that the step would lay.

    Parameters
    ----------
    footprints : dict of str to Corners
        Of all exposures.
    settings : dict
        The step's parameters, by name.

    Raises
    ------
    MiriWidgetsError
        If there is no such grid.
    """
    values = {name.rpartition(".")[2]: value for name, value in settings.items()}
    centre, size = values.get("centre"), values.get("size")
    return grid_around(
        footprints.values(),
        scale=float(values.get("pixel_scale", 0.11)),
        rotation=None if values.get("tightest") else float(values.get("rotation", 0.0)),
        centre=(float(centre[0]), float(centre[1])) if centre else None,
        size=(int(size[0]), int(size[1])) if size else None,
        margin=int(values.get("margin", 20)),
    )
