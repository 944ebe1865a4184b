"""Thumbnails of exposures: small arrays with how their values are spread, kept beside the runs."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from miri_widgets.core.areas import imager_area
from miri_widgets.core.dq import has
from miri_widgets.core.thumbnails import Spread, Stretch, block_means, common_stretch, spread_of
from miri_widgets.errors import MiriWidgetsError, NotJwstError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.covered_images import blank_without_weight
from miri_widgets.products.file_hash import text_identity
from miri_widgets.products.fits_reader import open_fits, shown_name

__all__ = ["SIZE", "Sheet", "Thumbnail", "make_sheet", "picture", "prune", "read_thumbnail"]

SIZE = 176
"""Pixels of the longer side of a thumbnail, at most."""
KEPT_BYTES = 200_000_000
"""Bytes of thumbnails that a workspace keeps."""
_VERSION = 2
_THREADS = 2


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """
    One exposure, shrunk.

    Attributes
    ----------
    pixels : ndarray of float32, shape (ny, nx)
        Means of blocks in `unit`; row 0 is the lowest of the detector, NaN where nothing is usable.
    spread : Spread
        How the blocks of the imager field are spread; of all where it is not seen.
    unit : str
        As the product says.
    """

    pixels: NDArray[np.float32]
    spread: Spread
    unit: str


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    Thumbnails of exposures of one kind, at one scaling.

    Attributes
    ----------
    stretch : Stretch
        The scaling.
    unit : str
        Unit of its values.
    pictures : mapping of str to bytes
        PNG by the caller's name of the exposure; the lowest row of the detector is below.
    failures : mapping of str to str
        Why an exposure has no picture, a sentence, by its name.
    """

    stretch: Stretch
    unit: str
    pictures: Mapping[str, bytes]
    failures: Mapping[str, str] = field(default_factory=dict)


def read_thumbnail(path: Path, cache: Path | None = None) -> Thumbnail:
    """
    Read a product as a thumbnail; of a cube or a ramp, its last plane.

    Parameters
    ----------
    path : Path
        A product of one exposure.
    cache : Path, optional
        Folder that keeps thumbnails. The product is read again when its size or time of change differ.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError
        If the product cannot be used.
    """
    kept = _kept(Path(path), cache) if cache is not None else None
    if kept is not None:
        with suppress(OSError, ValueError, KeyError, EOFError):
            return _load(kept)
    thumbnail = _shrunk(Path(path))
    if kept is not None:
        with suppress(OSError, MiriWidgetsError), new_file(kept) as temporary:  # a full disk costs time only
            _save(thumbnail, temporary)
    return thumbnail


def make_sheet(paths: Mapping[str, Path], cache: Path | None = None) -> Sheet:
    """
    Read some products of one kind and draw them at one scaling.

    Parameters
    ----------
    paths : mapping of str to Path
        Products of one filter and one suffix, by any names.
    cache : Path, optional
        As for `read_thumbnail`.
    """
    thumbnails: dict[str, Thumbnail] = {}
    failures: dict[str, str] = {}

    def read(name: str) -> None:
        try:
            thumbnails[name] = read_thumbnail(paths[name], cache)
        except MiriWidgetsError as error:
            failures[name] = str(error)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="miri-thumbnail") as pool:
        list(pool.map(read, paths))
        unit = _common_unit(thumbnails)
        for name in [name for name in paths if name in thumbnails and thumbnails[name].unit != unit]:
            failures[name] = (
                f"{shown_name(paths[name])} is in {thumbnails.pop(name).unit or 'no unit'}, the others of this kind are in "
                f"{unit or 'no unit'}: one scaling does not fit both; open it alone."
            )
        stretch = common_stretch([thumbnails[name].spread for name in paths if name in thumbnails])
        drawn = dict(
            zip(
                thumbnails,
                pool.map(lambda thumbnail: picture(thumbnail, stretch), thumbnails.values()),
                strict=True,
            )
        )
    return Sheet(stretch, unit, {name: drawn[name] for name in paths if name in drawn}, failures)


def _common_unit(thumbnails: Mapping[str, Thumbnail]) -> str:
    """Return the unit that most thumbnails have; the first by name of several."""
    counts = Counter(thumbnail.unit for thumbnail in thumbnails.values())
    return min(counts, key=lambda unit: (-counts[unit], unit), default="")


def picture(thumbnail: Thumbnail, stretch: Stretch) -> bytes:
    """
    Return a thumbnail as PNG; what is not usable is transparent.

    Parameters
    ----------
    thumbnail : Thumbnail
        Pixels and their range.
    stretch : Stretch
        Black, white and the function between them.
    """
    # FITS counts rows from below, a picture from above: the one place where it is turned
    image = Image.fromarray(np.ascontiguousarray(stretch.greys(thumbnail.pixels)[::-1]))
    stream = io.BytesIO()
    image.save(stream, "PNG", transparency=0, compress_level=3)
    return stream.getvalue()


def prune(cache: Path, kept_bytes: int = KEPT_BYTES) -> None:
    """
    Remove the thumbnails that were not used for longest, until the others take at most `kept_bytes`.

    Parameters
    ----------
    cache : Path
        Folder of the thumbnails.
    kept_bytes : int
        Most bytes that stay.
    """
    with suppress(OSError):
        entries = [
            (entry.stat(), Path(entry.path)) for entry in os.scandir(cache) if entry.name.endswith(".npz")
        ]
        total = sum(status.st_size for status, _ in entries)
        for status, path in sorted(entries, key=lambda entry: entry[0].st_mtime_ns):
            if total <= kept_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size


def _kept(path: Path, cache: Path) -> Path | None:
    """Return where the thumbnail of a file, as it is now, is kept."""
    try:
        status = path.stat()
    except OSError:
        return None
    mark = f"{_VERSION} {SIZE} {path.resolve()} {status.st_size} {status.st_mtime_ns}"
    return cache / f"{text_identity(mark)[:32]}.npz"


def _load(kept: Path) -> Thumbnail:
    with np.load(kept, allow_pickle=False) as file:
        pixels, spread, unit = file["pixels"], file["spread"], str(file["unit"])
    with suppress(OSError):
        os.utime(kept)  # used now: see prune
    return Thumbnail(pixels, Spread(*map(float, spread)), unit)


def _save(thumbnail: Thumbnail, path: Path) -> None:
    spread = thumbnail.spread
    with path.open("wb") as stream:
        np.savez(
            stream,
            pixels=thumbnail.pixels,
            spread=np.array([spread.low, spread.middle, spread.high]),
            unit=np.array(thumbnail.unit),
        )


def _shrunk(path: Path) -> Thumbnail:
    with open_fits(path, mapped=True) as hdus:
        if "SCI" not in hdus or int(hdus["SCI"].header.get("NAXIS", 0)) < 2:
            raise NotJwstError(
                f"{shown_name(path)} has no image",
                "a JWST product with a SCI extension",
                "choose another file",
            )
        science = hdus["SCI"]
        image = _scaled(science, _last_plane(science.data))
        good = np.ones(image.shape, bool)
        if "DQ" in hdus and hdus["DQ"].data is not None and hdus["DQ"].data.shape[-2:] == image.shape:
            # as it stands on the disk: the offset of unsigned integers changes the highest bit only
            good = ~has(_native(_last_plane(hdus["DQ"].data)), "DO_NOT_USE", "NON_SCIENCE")
        elif "WHT" in hdus and hdus["WHT"].data is not None:
            image = blank_without_weight(image, _last_plane(hdus["WHT"].data))
        primary = hdus[0].header
        corner = (int(primary.get("SUBSTRT1", 1)) - 1, int(primary.get("SUBSTRT2", 1)) - 1)
        # raw files do not say it: JWST documentation, "Uncalibrated raw ramp data"
        unit = unit_name(science.header) or ("DN" if science.header["NAXIS"] == 4 else "")
    factor = -(-max(image.shape) // SIZE)
    pixels = block_means(image, good, factor)
    field_of_view = _imager_blocks(image.shape, corner, factor)
    values = pixels[field_of_view]
    if not np.isfinite(values).any():
        values = pixels
    return Thumbnail(pixels, spread_of(values), unit)


def _last_plane(data: NDArray[Any]) -> NDArray[Any]:
    return data[(-1,) * (data.ndim - 2)]


def _native(data: NDArray[Any]) -> NDArray[Any]:
    return data.astype(data.dtype.newbyteorder("="))


def _scaled(hdu: Any, raw: NDArray[Any]) -> NDArray[np.float32]:
    image = raw.astype(np.float32)
    scale, zero = float(hdu.header.get("BSCALE", 1)), float(hdu.header.get("BZERO", 0))
    if (scale, zero) != (1.0, 0.0):
        image *= np.float32(scale)
        image += np.float32(zero)
    blank = hdu.header.get("BLANK")
    if blank is not None and raw.dtype.kind in "iu":
        image[raw == int(blank)] = np.nan
    return image


@lru_cache(maxsize=32)
def _imager_blocks(shape: tuple[int, int], corner: tuple[int, int], factor: int) -> NDArray[np.bool_]:
    """Return which blocks lie in the imager field as a whole."""
    inside = imager_area(shape, corner)
    return block_means(inside.astype(np.float32), np.ones(shape, bool), factor) == 1
