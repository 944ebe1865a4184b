"""Two products of one shape: their difference, and the flags that changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io.fits import Header
from numpy.typing import NDArray

from miri_widgets.core.differences import PixelDifference, pixel_difference
from miri_widgets.core.display_range import find_range, middle_of
from miri_widgets.errors import InputError, NotJwstError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.covered_images import read_covered_image
from miri_widgets.products.fits_reader import read_headers, read_image, shown_name

__all__ = ["Comparison", "compared"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    What a stage did to an exposure.

    Attributes
    ----------
    before, after : Path
        The two products.
    title : str
        Of the stage.
    difference : ndarray of float32, shape (ny, nx), or (nints, ny, nx)
        After minus before; NaN where either must not be used.
    unit : str
        Of both.
    numbers : PixelDifference
        The difference and the change of flags in numbers.
    levels : tuple of float
        Medians of both images, in `unit`.
    width : float
        Of the display range after, from black to white, in `unit`.
    """

    before: Path
    after: Path
    title: str
    difference: NDArray[np.float32]
    unit: str
    numbers: PixelDifference
    levels: tuple[float, float] = (0.0, 0.0)
    width: float = float("nan")

    @property
    def offset(self) -> float:
        """Level of the image before relative to the one after: ranges of equal width lie so far apart."""
        offset = self.levels[0] - self.levels[1]
        return offset if np.isfinite(offset) else 0.0

    @property
    def is_level_far(self) -> bool:
        """Whether one of both would be plain black or white in the display range of the other."""
        return abs(self.offset) > 0.5 * self.width

    @property
    def is_unchanged(self) -> bool:
        """Whether no pixel and no flag differs."""
        return self.numbers.none

    def phrase(self) -> str:
        """Return what changed, as a phrase."""
        numbers = self.numbers
        if numbers.none:
            return f"{self.title}: nothing changed. All {numbers.compared:,} pixels are equal, and all flags."
        signed = [f"+{count} {name}" for name, count in numbers.gained.items()]
        signed += [f"−{count} {name}" for name, count in numbers.dropped.items()]
        flags = ", ".join(signed) or "no new flags"
        changed = (
            "no pixel changed"
            if not np.nan_to_num(self.difference).any()
            else f"median {numbers.median:+.3g}, scatter {numbers.sigma:.3g} {self.unit}"
        )
        return f"{self.title}: {changed}; {flags}"


def compared(before: Path, after: Path, title: str) -> Comparison:
    """
    Compare two products of an exposure.

    Parameters
    ----------
    before : Path
        The product before.
    after : Path
        The product after, of the same exposure.
    title : str
        Title of the comparison.

    Raises
    ------
    InputError
        If they differ in shape or unit, or one cannot be read.
    """
    images, flags, units = [], [], []
    for path in (before, after):
        headers = {str(header.get("EXTNAME", "")): header for header in read_headers(path)}
        if "SCI" not in headers:
            raise NotJwstError(f"{shown_name(path)} has no SCI extension", "a product", "choose another file")
        units.append(unit_name(headers["SCI"]))
        images.append(_every_plane(path, "SCI", headers["SCI"]))
        # a mosaic has no flags
        flags.append(_every_plane(path, "DQ", headers["DQ"]) if "DQ" in headers else None)
    if images[0].shape != images[1].shape or units[0] != units[1]:
        shapes = [" x ".join(map(str, reversed(image.shape))) for image in images]
        raise InputError(
            f"{shown_name(before)} of {shapes[0]} in {units[0]} and {shown_name(after)} of {shapes[1]} in {units[1]}",
            "two images of one shape and unit",
            "compare stages that keep both",
        )
    difference, numbers = pixel_difference(images[0], images[1], flags[0], flags[1])
    images_2d = _last_plane(images[0]), _last_plane(images[1])
    levels = middle_of(images_2d[0]), middle_of(images_2d[1])
    black, white = find_range(images_2d[1])
    return Comparison(before, after, title, difference, units[1], numbers, levels, white - black)


def _last_plane(image: NDArray[Any]) -> NDArray[Any]:
    """Return an image, or the integration of a cube that viewers show."""
    return image if image.ndim == 2 else image[-1]


def _every_plane(path: Path, extension: str, header: Header) -> NDArray[Any]:
    """Read an image, or all images of a cube of integrations."""
    if header.get("NAXIS") != 3:
        return read_covered_image(path) if extension == "SCI" else read_image(path, extension)
    return np.stack([read_image(path, extension, (plane,)) for plane in range(header["NAXIS3"])])
