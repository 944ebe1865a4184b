"""Regions that were drawn in the viewer, on their way to a parameter that takes a region file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region
from miri_widgets.errors import ParameterError
from miri_widgets.products.tables.region_files import from_astropy, write_regions

__all__ = ["keep_regions", "taken_from"]


def taken_from(shapes: Mapping[str, Any]) -> tuple[Region, ...]:
    """
    Return what is drawn in the viewer as our values, in the order of the names.

    Parameters
    ----------
    shapes : mapping
        Shapes of the package `regions`, by the name that the viewer gives them.

    Raises
    ------
    ParameterError
        If nothing is drawn, or a shape is of a kind that no file can hold.
    """
    names = []
    for name, shape in sorted(shapes.items()):
        try:
            names.append(from_astropy(shape))
        except (ValueError, AttributeError) as error:
            raise ParameterError(
                f"the drawn region {name[:40]!r} ({type(shape).__name__})",
                "circles, ellipses, rectangles or polygons",
                "draw it again as one of these",
            ) from error
    if not names:
        raise ParameterError(
            "no region is drawn",
            "at least one, drawn with the tools above the image",
            "draw one, or type the name of a DS9 file",
        )
    return tuple(names)


def keep_regions(
    regions: tuple[Region, ...], folder: Path, name: str, exposure: ExposureArrays | None = None
) -> Path:
    """
    Write regions as a DS9 file that is named after its content, and return its path.

    Parameters
    ----------
    regions : tuple of Region
        What to keep.
    folder : Path
        Where; made when missing.
    name : str
        What the file's name begins with.
    exposure : ExposureArrays, optional
        The exposure on which they were drawn; regions in pixels are taken to the sky then.
    """
    written = tuple(region.on_sky(exposure) if exposure is not None else region for region in regions)
    mark = hashlib.sha256(repr(written).encode()).hexdigest()[:10]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}_{mark}.reg"
    write_regions(path, written)
    return path
