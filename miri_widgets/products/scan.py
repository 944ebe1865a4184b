"""
Find the exposures and mosaics in folders, quickly the second time.

A file that cannot be used does not stop the scan: it comes back as a problem
with its sentence. Facts are kept in an index by path, size and time of change.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miri_widgets.errors import (
    MiriWidgetsError,
    MissingFileError,
    NotFitsError,
    NotImagingError,
    NotJwstError,
    WrongSuffixError,
    error_from_dict,
)
from miri_widgets.products.atomic import write_json
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.duplicates import without_duplicates
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import EXPOSURE_SUFFIXES, exposure_from_headers
from miri_widgets.products.file_search import is_fits_name, is_packed_name, is_partial_name, search_files
from miri_widgets.products.fits_reader import read_with_tree, shown_name
from miri_widgets.products.header_values import Header, header_integer, header_number, header_text
from miri_widgets.products.names import ExposureName, original_name, suffix_of
from miri_widgets.serialization import Serializable

__all__ = ["Mosaic", "Problem", "ScanResult", "scan"]

_INDEX_VERSION = 9
_MOST_NAMED = 3
_PASSING = ("InputError", "MissingFileError", "MixedExposuresError", "TooLargeError", "WrongSuffixError")
"""Errors that may end although the file does not change: permissions, memory, other files beside it."""


@dataclass(frozen=True)
class Mosaic(Serializable):
    """
    A resampled image (``i2d``) found in a folder.

    Attributes
    ----------
    path : Path
        The file.
    filter, program, target, unit : str
        From its headers; unit is BUNIT of SCI.
    nx, ny : int
        Size in pixels.
    size, mtime_ns : int
        Bytes and time of last change.
    crval1, crval2, crpix1, crpix2, angle : float
        Its grid: reference position [deg] and 1-based pixel, and the position angle of its y axis [deg], which is
        positive for an axis turned towards east; NaN when the header does not say.
    """

    path: Path
    filter: str
    program: str
    target: str
    unit: str
    nx: int
    ny: int
    size: int
    mtime_ns: int
    crval1: float = math.nan
    crval2: float = math.nan
    crpix1: float = math.nan
    crpix2: float = math.nan
    angle: float = math.nan


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used, and why."""

    path: Path
    error: MiriWidgetsError


@dataclass(frozen=True)
class ScanResult:
    """
    What the folders hold.

    Attributes
    ----------
    exposures : tuple of Exposure
        In order of start and name, with tile numbers.
    mosaics : tuple of Mosaic
        In order of path.
    problems : tuple of Problem
        Files that were left out.
    """

    exposures: tuple[Exposure, ...]
    mosaics: tuple[Mosaic, ...]
    problems: tuple[Problem, ...]


def scan(
    folders: Iterable[Path],
    *,
    suffix: str | None = None,
    index: Path | None = None,
    exclude: Sequence[Path] = (),
) -> ScanResult:
    """
    Read the headers of all FITS files below some folders.

    Parameters
    ----------
    folders : iterable of Path
        Folders (searched through) or single files.
    suffix : str, optional
        Take only exposures with this suffix; others are passed over in silence, as are resampled images (``i2d``)
        of single exposures, which are no mosaics.
    index : Path, optional
        Where facts are kept between scans.
    exclude : sequence of Path
        Files and folders that are left out; they may hold wildcards.

    Returns
    -------
    ScanResult
        The same for any order of the folders.
    """
    known = _read_index(index)
    seen: dict[str, dict[str, Any]] = {}
    items: list[Exposure | Mosaic | Problem] = []
    files = search_files(folders, lambda path, error: items.append(Problem(path, error)), exclude, _is_wanted)
    partial: list[Path] = []
    packed: list[Path] = []
    for path in sorted(files):
        if is_partial_name(path.name):
            partial.append(path)
            continue
        if is_packed_name(path.name):
            packed.append(path)
            continue
        if suffix is not None and suffix_of(path) != suffix and _is_of_exposure(path):
            continue
        try:
            status = path.stat()
        except OSError:  # it went away
            continue
        stamp = [status.st_size, status.st_mtime_ns]
        entry, item = _remembered(path, stamp, known.get(str(path)))
        if entry["facts"].get("kind") not in _PASSING:
            seen[str(path)] = entry
        items.append(item)
    if index is not None and seen != known:
        try:
            write_json(index, {"version": _INDEX_VERSION, "files": seen})
        except MiriWidgetsError as error:  # the next scan will be as slow, which is no reason to show nothing
            items.append(Problem(index.parent, error))
    if partial:
        items.append(Problem(partial[0], _unfinished(partial)))
    if packed:
        items.append(Problem(packed[0], _packed(packed)))
    kept, twice = without_duplicates([item for item in items if isinstance(item, Exposure)])
    items += [Problem(path, error) for path, error in twice]
    exposures = sorted(kept, key=lambda item: item.order)
    return ScanResult(
        exposures=_number_tiles(exposures),
        mosaics=tuple(item for item in items if isinstance(item, Mosaic)),
        problems=tuple(item for item in items if isinstance(item, Problem)),
    )


def _remembered(
    path: Path, stamp: list[int], entry: Any
) -> tuple[dict[str, Any], Exposure | Mosaic | Problem]:
    """Return what the index knows of a file, or what the file says when it changed or the index is damaged."""
    if isinstance(entry, dict) and entry.get("stamp") == stamp:
        try:
            return entry, _rebuild(path, entry)
        except Exception:  # the index lies on a disk like everything else: the file itself knows better
            pass
    fresh = {"stamp": stamp, **_read(path)}
    return fresh, _rebuild(path, fresh)


def _is_wanted(name: str) -> bool:
    return is_fits_name(name) or is_packed_name(name) or is_partial_name(name) or bool(original_name(name))


def _packed(paths: Sequence[Path]) -> NotFitsError:
    names = ", ".join(shown_name(path) for path in paths[:_MOST_NAMED])
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    tools = {"fz": "funpack", "bz2": "bunzip2", "xz": "unxz", "z": "uncompress", "zst": "unzstd"}
    endings = sorted({path.suffix.lower().lstrip(".") for path in paths})
    return NotFitsError(
        f"{names}{more} {'is' if len(paths) == 1 else 'are'} packed",
        "FITS files, plain or gzipped",
        f"unpack with {' and '.join(tools.get(ending, 'unzip or tar') for ending in endings)}",
    )


def _unfinished(paths: Sequence[Path]) -> MissingFileError:
    names = ", ".join(shown_name(path) for path in paths[:_MOST_NAMED])
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    what = "a download has" if len(paths) == 1 else f"{len(paths)} downloads have"
    return MissingFileError(
        f"{what} not ended: {names}{more}",
        "whole FITS files",
        "let them end and scan again, or remove them and download again",
    )


def _is_of_exposure(path: Path) -> bool:
    """Say whether a file is a product of one exposure, by its name."""
    if suffix_of(path) != "i2d":
        return suffix_of(path) in EXPOSURE_SUFFIXES
    try:
        ExposureName.parse(path)
    except WrongSuffixError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        headers, tree = read_with_tree(path)
        if suffix_of(path) == "i2d":
            return {"kind": "mosaic", "facts": _mosaic_facts(path, headers)}
        exposure = exposure_from_headers(path, headers, tree=tree)
        return {"kind": "exposure", "facts": exposure.to_dict()}
    except MiriWidgetsError as error:
        return {"kind": "problem", "facts": error.to_dict()}
    except OSError as error:
        problem: MiriWidgetsError = MissingFileError(
            f"{shown_name(path)} went away ({error.strerror})", "a file that stays", "scan the folder again"
        )
    except Exception as error:  # no header, whatever it holds, hides the other files of a folder
        problem = NotFitsError(
            f"{shown_name(path)} cannot be understood ({type(error).__name__}: {str(error)[:80]})",
            "headers as the pipeline writes them",
            "download it again, or leave this file out",
        )
    return {"kind": "problem", "facts": problem.to_dict()}


def _mosaic_facts(path: Path, headers: Sequence[Header]) -> dict[str, Any]:
    primary = headers[0]
    sci = next((header for header in headers if header_text(header, "EXTNAME") == "SCI"), None)
    if header_text(primary, "TELESCOP") != "JWST" or sci is None:
        raise NotJwstError(
            f"{shown_name(path)} is no JWST mosaic",
            "an i2d product with a SCI extension",
            "leave this file out",
        )
    instrument = header_text(primary, "INSTRUME")
    if instrument not in ("", "MIRI"):
        raise NotImagingError(
            f"{shown_name(path)} is a mosaic of {instrument[:20]}", "mosaics of MIRI", "leave this file out"
        )
    axes = [
        header_integer(sci, f"NAXIS{axis + 1}", 0) for axis in range(max(header_integer(sci, "NAXIS", 0), 0))
    ]
    if len(axes) < 2 or any(size != 1 for size in axes[2:]) or 0 in axes:
        raise NotJwstError(
            f"{shown_name(path)} has a SCI extension of {' x '.join(map(str, axes)) or 'no'} pixels",
            "an image of two axes",
            "download or make it again",
        )
    status = path.stat()
    mosaic = Mosaic(
        path=path,
        filter=header_text(primary, "FILTER"),
        program=header_text(primary, "PROGRAM"),
        target=header_text(primary, "TARGPROP") or header_text(primary, "TARGNAME"),
        unit=unit_name(sci),
        nx=header_integer(sci, "NAXIS1"),
        ny=header_integer(sci, "NAXIS2"),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        **{key.lower(): header_number(sci, key) for key in ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")},
        angle=math.degrees(math.atan2(_turn(sci, 1), _turn(sci, 2))),
    )
    return mosaic.to_dict()


def _turn(header: Header, axis: int) -> float:
    """Step along the y axis of the image in RA (axis 1) or Dec (2), in any unit: what its position angle needs."""
    value = header_number(header, f"CD{axis}_2")
    return (
        value
        if math.isfinite(value)
        else header_number(header, f"PC{axis}_2") * header_number(header, f"CDELT{axis}")
    )


def _rebuild(path: Path, entry: dict[str, Any]) -> Exposure | Mosaic | Problem:
    facts = entry["facts"]
    if entry["kind"] == "exposure":
        return Exposure.from_dict(facts)
    if entry["kind"] == "mosaic":
        return Mosaic.from_dict({**facts, "path": path})
    return Problem(path, error_from_dict(facts))


def _read_index(index: Path | None) -> dict[str, Any]:
    if index is None or not index.is_file():
        return {}
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("version") != _INDEX_VERSION:
        return {}
    files = content.get("files")
    return files if isinstance(files, dict) else {}


def _number_tiles(exposures: list[Exposure]) -> tuple[Exposure, ...]:
    visits = sorted({(item.program, item.observation, item.visit) for item in exposures})
    rank = {visit: number for number, visit in enumerate(visits, start=1)}
    return tuple(item.with_tile(rank[item.program, item.observation, item.visit]) for item in exposures)
