"""
Region files of DS9, to and from the values of `miri_widgets.core.regions`.

References
----------
SAOImage DS9 reference manual, "Regions": the format, 1-based image pixels, angles from +x (west on the sky).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from miri_widgets.core.regions import Region
from miri_widgets.errors import BadTableError, MissingFileError, ParameterError
from miri_widgets.products.atomic import write_text
from miri_widgets.products.ds9_regions import ParsedShape, parse_ds9
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.text_files import decode_text, read_text

__all__ = ["from_astropy", "parse_regions", "read_regions", "to_astropy", "write_regions"]

_LARGEST = 10_000_000  # bytes; a region file of a hundred thousand shapes is smaller
_SMALLEST_TURN = 1e-4  # degrees
_EXPECTED = "DS9 regions: circles, ellipses, boxes, polygons or points"
_REMEDY = "save it from DS9 again, in the fk5, icrs or image system"
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
        A ``.reg`` file, in image or physical pixels or in the frame icrs, fk5, fk4, galactic or ecliptic.

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
    Physical pixels are image pixels, as JWST products have no LTV keywords; so are shapes before any frame. The
    frame ``wcs`` is that of the image, ICRS. The angle of a box or an ellipse belongs to the axes of the frame that
    the file names, and is turned with it.
    """
    path = Path(path)
    try:
        text = read_text(path, "a DS9 region file", _REMEDY, largest=_LARGEST)
    except MissingFileError as error:
        raise MissingFileError(
            f"no region file {shown_name(path)}", f"a file in {path.parent}", "save it from DS9 again"
        ) from error
    except BadTableError as error:
        if isinstance(error.__cause__, ValueError):
            raise _unreadable(path, str(error.__cause__)) from error
        raise
    return _regions_in(text, path)


def parse_regions(content: bytes, path: Path) -> tuple[Region, ...]:
    """
    Read the shapes of the content of a DS9 region file; see `read_regions`.

    Parameters
    ----------
    content : bytes
        What the file holds.
    path : Path
        Its name, for what is said of it.

    Raises
    ------
    BadTableError
        As `read_regions`.
    """
    if len(content) > _LARGEST:
        raise _unreadable(path, "it is too large")
    if _is_fits(content):
        raise _unreadable(path, "it is a FITS file")
    try:
        text = decode_text(content)
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    return _regions_in(text, path)


def _regions_in(text: str, path: Path) -> tuple[Region, ...]:
    if _is_fits(text[:80].encode("ascii", "replace")):
        raise _unreadable(path, "it is a FITS file")
    if text.lstrip().upper().startswith("#CRTF"):
        raise _unreadable(path, "it is a region file of CASA")
    try:
        regions = _on_icrs(parse_ds9(text))
    except ParameterError as error:
        raise _unreadable(path, error.found) from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not regions:
        raise _unreadable(path, "it holds no shape")
    return regions


def _is_fits(content: bytes) -> bool:
    return content.startswith((b"SIMPLE  =", b"XTENSION="))


def _on_icrs(shapes: list[ParsedShape]) -> tuple[Region, ...]:
    """Take the shapes of each frame to ICRS, all at once: a conversion of one position takes as long as of many."""
    turned: dict[int, tuple[Any, float]] = {}
    for frame in sorted({shape.frame for shape in shapes} - {"image", "icrs"}):
        mine = [index for index, shape in enumerate(shapes) if shape.frame == frame]
        counts = [len(shapes[index].points) for index in mine]
        where = np.array([point for index in mine for point in shapes[index].points], float)
        icrs, north = _to_icrs(where, frame)
        ends = np.cumsum(counts)
        for index, first, last in zip(mine, ends - counts, ends, strict=True):
            turned[index] = icrs[first:last], float(north[first])
    return tuple(_region(shape, turned.get(index)) for index, shape in enumerate(shapes))


def _region(shape: ParsedShape, turned: tuple[Any, float] | None) -> Region:
    points, angle = shape.points, shape.angle
    if shape.frame == "image":
        points = tuple((x - 1, y - 1) for x, y in points)  # DS9 counts pixels from 1
    elif turned is not None:
        points = tuple((float(ra), float(dec)) for ra, dec in turned[0])
        # as it stands in the file, but with the axes of ICRS
        angle += turned[1] if shape.shape in ("ellipse", "rectangle") else 0.0
    try:
        return Region(
            shape.shape, points, shape.sizes, angle, shape.frame != "image", shape.include, shape.text
        )
    except ParameterError as error:
        raise ParameterError(f"line {shape.line}: {error.found}", error.expected, error.remedy) from error


def _to_icrs(where: Any, frame: str) -> tuple[Any, Any]:
    """Return positions in ICRS, and the position angle of the frame's north there; degrees."""
    from astropy.coordinates import SkyCoord

    # the ecliptic of DS9 is the mean one of J2000
    name = {"ecliptic": "barycentricmeanecliptic"}.get(frame, frame)
    there = SkyCoord(where[:, 0], where[:, 1], unit="deg", frame=name)
    icrs = there.icrs
    return np.column_stack([icrs.ra.deg, icrs.dec.deg]), _north_of(there)


def _north_of(where: Any) -> Any:
    """Position angle in ICRS of the north of a frame, at positions in it; degrees."""
    from astropy.units import Quantity

    above = where.directional_offset_by(Quantity(0, "deg"), Quantity(10, "arcsec"))
    turn = where.icrs.position_angle(above.icrs).wrap_at("180d").deg
    # fk5 and ICRS differ by 0.02 arcsec, and an angle should stay the number that was written
    return np.where(np.abs(turn) < _SMALLEST_TURN, 0.0, turn)


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


def _unreadable(path: Path, why: str) -> BadTableError:
    why = "".join(letter if letter.isprintable() else " " for letter in why).strip().rstrip(".")
    return BadTableError(f"{shown_name(path)} cannot be read ({why[:140]})", _EXPECTED, _REMEDY)


def from_astropy(astropy_region: Any) -> Region:
    """
    Return a shape of the package `regions`, as a viewer or a file gives it, as our value.

    Parameters
    ----------
    astropy_region : object
        A shape of the package `regions`.

    Raises
    ------
    ValueError
        If it is of another kind than ours.
    """
    name = type(astropy_region).__name__
    sky = name.endswith("SkyRegion")
    shape = _SHAPES.get(name.removesuffix("Region").removesuffix("Sky").removesuffix("Pixel"))
    if shape is None:
        raise ValueError(
            f"it holds a {name.removesuffix('Region').removesuffix('Sky').removesuffix('Pixel')}"
        )
    # DS9's ellipse has semi-axes, astropy's full ones
    sizes: tuple[Any, ...] = ()
    if shape == "circle":
        sizes = (astropy_region.radius,)
    elif shape in ("ellipse", "rectangle"):
        half = 0.5 if shape == "ellipse" else 1.0
        sizes = (astropy_region.width * half, astropy_region.height * half)
    where = astropy_region.vertices if shape == "polygon" else astropy_region.center
    angle = astropy_region.angle.to_value("deg") if hasattr(astropy_region, "angle") else 0.0
    if sky and hasattr(astropy_region, "angle") and where.frame.name != "icrs":
        angle += float(_north_of(where))  # it counts from the axes of its own frame
    return Region(
        shape,
        _sky_points(where) if sky else _pixel_points(where),
        tuple(float(size.to_value("arcsec") if sky else size) for size in sizes),
        float(angle),
        sky,
        bool(astropy_region.meta.get("include", True)),
        str(astropy_region.meta.get("text", "")),
    )


def to_astropy(region: Region) -> Any:
    """
    Return a shape as an object of the package `regions`, as viewers take it.

    Parameters
    ----------
    region : Region
        The shape.
    """
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
    text = " ".join(region.text.replace("{", "(").replace("}", ")").split())
    marks = (" point=x" if region.shape == "point" else "") + (f" text={{{text}}}" if text else "")
    sign, name = "" if region.include else "-", _DS9.get(region.shape, region.shape)
    frame = "icrs" if region.sky else "image"
    return f"{frame};{sign}{name}({','.join(numbers)})" + (f" #{marks}" if marks else "")
