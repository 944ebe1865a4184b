"""
DS9 region files, to and from the values of `miri_widgets.core.regions`.

References
----------
SAOImage DS9 reference manual, "Regions": the format, 1-based image pixels, angles from +x (west on the sky).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from miri_widgets.core.regions import Region
from miri_widgets.errors import BadTableError, MissingFileError, ParameterError
from miri_widgets.products.atomic import write_text
from miri_widgets.products.fits_files import shown_name

__all__ = ["from_astropy", "parse_regions", "read_regions", "to_astropy", "write_regions"]

_LARGEST = 10_000_000  # bytes; a region file of a hundred thousand shapes is smaller
_NOT_IN_JWST = re.compile(r"(?im)^(\s*)(physical)(\s*;|\s*$)")
_SHAPES = {
    "Circle": "circle",
    "Ellipse": "ellipse",
    "Rectangle": "rectangle",
    "Polygon": "polygon",
    "Point": "point",
}
_DS9 = {"rectangle": "box"}


def read_regions(path: Path) -> tuple[Region, ...]:
    """
    Read the shapes of a DS9 region file, in the order of the file.

    Parameters
    ----------
    path : Path
        A ``.reg`` file, in image or physical pixels or in a sky frame that astropy knows.

    Returns
    -------
    tuple of Region
        Sky positions in ICRS, pixels 0-based; what DS9 writes as text beside a shape is its text.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no region file, is empty, or holds something else than circles, ellipses, boxes, polygons and
        points; a shape that was skipped in silence would be a mask that is missing.

    Notes
    -----
    Physical pixels are image pixels, as JWST products have no LTV keywords; so are shapes before any frame.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"no region file {shown_name(path)}", f"a file in {path.parent}", "save it from DS9 again"
        )
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise _unreadable(path, str(error)) from error
    return parse_regions(content, path)


def parse_regions(content: bytes, path: Path) -> tuple[Region, ...]:
    """
    Read the shapes of the content of a DS9 region file; see `read_regions`.

    Parameters
    ----------
    content : bytes
        What the file holds, UTF-8.
    path : Path
        Its name, for what is said of it.

    Raises
    ------
    BadTableError
        As `read_regions`.
    """
    try:
        if len(content) > _LARGEST:
            raise ValueError("it is too large")
        shapes, complaints = _parse(content.decode("utf-8"))
        if complaints:
            raise ValueError(complaints[0])
        regions = tuple(from_astropy(shape) for shape in shapes if "Text" not in type(shape).__name__)
    except ParameterError as error:
        raise _unreadable(path, error.found) from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if not regions:
        raise _unreadable(path, "it holds no shape")
    return regions


def write_regions(path: Path, regions: Iterable[Region]) -> None:
    """
    Write shapes as a DS9 region file, atomically.

    Parameters
    ----------
    path : Path
        The file; replaced if it exists.
    regions : iterable of Region
        Written in this order, the same bytes each time.
    """
    lines = ["# Region file format: DS9 version 4.1"]
    lines += [_line(region) for region in regions]
    write_text(Path(path), "\n".join(lines) + "\n")


def _parse(text: str) -> tuple[list[Any], list[str]]:
    from regions import Regions

    # DS9 takes pixels where no frame was named
    text = "image\n" + _NOT_IN_JWST.sub(r"\1image\3", text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shapes = list(Regions.parse(text, format="ds9"))
    return shapes, [str(one.message) for one in caught]


def _unreadable(path: Path, why: str) -> BadTableError:
    why = "".join(letter if letter.isprintable() else " " for letter in why).strip().rstrip(".")
    return BadTableError(
        f"{shown_name(path)} cannot be read ({why[:100]})",
        "DS9 regions: circles, ellipses, boxes, polygons or points",
        "save it from DS9 again, in the fk5, icrs or image system",
    )


def from_astropy(found: Any) -> Region:
    """
    Return a shape of the package `regions`, as a viewer or a file gives it, as our value.

    Raises
    ------
    ValueError
        If it is of another kind than ours.
    """
    name = type(found).__name__
    sky = name.endswith("SkyRegion")
    shape = _SHAPES.get(name.removesuffix("Region").removesuffix("Sky").removesuffix("Pixel"))
    if shape is None:
        raise ValueError(
            f"it holds a {name.removesuffix('Region').removesuffix('Sky').removesuffix('Pixel')}"
        )
    # DS9's ellipse has semi-axes, astropy's full ones
    sizes: tuple[Any, ...] = ()
    if shape == "circle":
        sizes = (found.radius,)
    elif shape in ("ellipse", "rectangle"):
        half = 0.5 if shape == "ellipse" else 1.0
        sizes = (found.width * half, found.height * half)
    where = found.vertices if shape == "polygon" else found.center
    angle = found.angle.to_value("deg") if hasattr(found, "angle") else 0.0
    return Region(
        shape,
        _sky_points(where) if sky else _pixel_points(where),
        tuple(float(size.to_value("arcsec") if sky else size) for size in sizes),
        float(angle),
        sky,
        bool(found.meta.get("include", True)),
        str(found.meta.get("text", "")),
    )


def to_astropy(region: Region) -> Any:
    """Return a shape as an object of the package `regions`, as viewers take it."""
    import regions
    from astropy.coordinates import SkyCoord
    from astropy.units import Quantity

    x: Any
    y: Any
    x, y = ([pair[axis] for pair in region.points] for axis in (0, 1))
    if region.shape != "polygon":
        x, y = x[0], y[0]
    where = SkyCoord(x, y, unit="deg") if region.sky else regions.PixCoord(x, y)
    factor = 2.0 if region.shape == "ellipse" else 1.0
    sizes = [Quantity(size * factor, "arcsec") if region.sky else size * factor for size in region.sizes]
    turn = {"angle": Quantity(region.angle, "deg")} if len(sizes) == 2 else {}
    of = getattr(regions, f"{region.shape.capitalize()}{'Sky' if region.sky else 'Pixel'}Region")
    meta = regions.RegionMeta({"text": region.text, "include": region.include})
    return of(where, *sizes, **turn, meta=meta)


def _sky_points(where: Any) -> tuple[tuple[float, float], ...]:
    icrs = where.icrs.reshape(-1)
    return tuple((float(ra), float(dec)) for ra, dec in zip(icrs.ra.deg, icrs.dec.deg, strict=True))


def _pixel_points(where: Any) -> tuple[tuple[float, float], ...]:
    if where.isscalar:
        return ((float(where.x), float(where.y)),)
    return tuple((float(x), float(y)) for x, y in zip(where.x, where.y, strict=True))


def _line(region: Region) -> str:
    first = 0 if region.sky else 1  # DS9 counts pixels from 1
    numbers = [f"{value + first:.12g}" for pair in region.points for value in pair]
    numbers += [f'{size:.12g}"' if region.sky else f"{size:.12g}" for size in region.sizes]
    if region.shape in ("ellipse", "rectangle"):
        numbers.append(f"{region.angle:.12g}")
    # braces end DS9's text
    words = " ".join(region.text.replace("{", "(").replace("}", ")").split())
    marks = (" point=x" if region.shape == "point" else "") + (f" text={{{words}}}" if words else "")
    sign, name = "" if region.include else "-", _DS9.get(region.shape, region.shape)
    frame = "icrs" if region.sky else "image"
    return f"{frame};{sign}{name}({','.join(numbers)})" + (f" #{marks}" if marks else "")
