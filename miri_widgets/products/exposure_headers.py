"""Facts of an exposure from its FITS headers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from miri_widgets.errors import MixedExposuresError, NotJwstError, WrongSuffixError
from miri_widgets.products.asdf_extension import asdf_fault, has_pipeline_metadata
from miri_widgets.products.dates import exposure_times, start_text
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.exposure_kinds import require_imaging
from miri_widgets.products.fits_reader import read_with_tree, shown_name
from miri_widgets.products.header_values import (
    Header,
    header_flag,
    header_integer,
    header_number,
    header_text,
)
from miri_widgets.products.names import ExposureName, original_name, suffix_of

__all__ = ["EXPOSURE_SUFFIXES", "exposure_from_headers", "read_exposure"]


_NEEDED_TEXTS = ("SUBARRAY", "READPATT")


_NEEDED_NUMBERS = ("NINTS", "NGROUPS", "EFFEXPTM")
"""What reference files are chosen by, and what times are made of."""


EXPOSURE_SUFFIXES = ("uncal", "ramp", "rate", "rateints", "cal", "crf")


_DIMENSIONS = {"uncal": 4, "ramp": 4, "rate": 2, "rateints": 3, "cal": 2, "crf": 2}


def read_exposure(path: Path, *, suffix: str | None = None) -> Exposure:
    """
    Read the facts of one exposure; never its pixels.

    Parameters
    ----------
    path : Path
        A product of one exposure.
    suffix : str, optional
        The suffix that is needed.

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError
        If the file cannot be read.
    NotJwstError, NotImagingError, WrongSuffixError
        If it is something else than was needed.
    """
    headers, tree = read_with_tree(path)
    return exposure_from_headers(Path(path), headers, suffix=suffix, tree=tree)


def exposure_from_headers(
    path: Path, headers: Sequence[Header], *, suffix: str | None = None, tree: bytes | None = None
) -> Exposure:
    """
    As `read_exposure`, from headers and the bytes of the ASDF extension that were read already.

    Parameters
    ----------
    path : Path
        The file.
    headers : sequence of Header
        Headers of all extensions, the primary header first.
    suffix : str or None
        The only suffix that is accepted; None for each that an exposure can have.
    tree : bytes or None
        Bytes of the ASDF extension; None when there is none.
    """
    primary = headers[0]
    sci = next((header for header in headers if header_text(header, "EXTNAME") == "SCI"), None)
    require_imaging(path, primary, sci, FILTERS)
    assert sci is not None
    own_suffix = suffix_of(path)
    if original := original_name(path):
        raise _copied(path, original)
    if own_suffix not in EXPOSURE_SUFFIXES or (suffix is not None and own_suffix != suffix):
        wanted = f"a {suffix} file" if suffix else "one of " + ", ".join(EXPOSURE_SUFFIXES)
        raise WrongSuffixError(
            f"{shown_name(path)} is {'a ' + own_suffix if own_suffix else 'no known'} product",
            wanted,
            "choose the files of the stage before",
        )
    _require_metadata(path, own_suffix, headers, tree)
    axes = header_integer(sci, "NAXIS")
    if axes != _DIMENSIONS[own_suffix]:
        raise WrongSuffixError(
            f"{shown_name(path)} has {axes} axes",
            f"{_DIMENSIONS[own_suffix]} axes in a {own_suffix} file",
            "check how the file was named",
        )
    nints, ngroups, faults = _counts(primary, sci, own_suffix)
    status = path.stat()
    start_mjd, end_mjd = exposure_times(primary)
    return Exposure(
        path=path,
        name=_name(path, own_suffix),
        filter=header_text(primary, "FILTER"),
        subarray=header_text(primary, "SUBARRAY"),
        readpatt=header_text(primary, "READPATT"),
        nints=nints,
        ngroups=ngroups,
        nx=header_integer(sci, "NAXIS1", 0),
        ny=header_integer(sci, "NAXIS2", 0),
        dither=header_integer(primary, "PATT_NUM", header_integer(primary, "EXPOSURE", 1)),
        dithers=header_integer(primary, "NUMDTHPT", 1),
        start=start_text(primary),
        start_mjd=start_mjd,
        end_mjd=end_mjd,
        exposure_time=header_number(primary, "EFFEXPTM", 0.0),
        guide_star=header_text(primary, "GDSTARID") or header_text(primary, "GS_ID"),
        target=header_text(primary, "TARGPROP") or header_text(primary, "TARGNAME"),
        ra=header_number(sci, "RA_REF", header_number(primary, "TARG_RA", float("nan"))),
        dec=header_number(sci, "DEC_REF", header_number(primary, "TARG_DEC", float("nan"))),
        s_region=header_text(sci, "S_REGION"),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        header_program=header_text(primary, "PROGRAM"),
        segments=max(header_integer(primary, "EXSEGTOT"), 0),
        is_moving=header_text(primary, "TARGTYPE").upper() == "MOVING",
        target_position=_target_position(sci),
        is_time_series=header_flag(primary, "TSOVISIT") and nints > 1,
        faults=faults,
    )


def _counts(primary: Header, sci: Header, suffix: str) -> tuple[int, int, tuple[str, ...]]:
    """Return integrations, groups, and what is wrong with the keywords that are needed."""
    faults = [f"{key} is missing" for key in _NEEDED_TEXTS if not header_text(primary, key)]
    faults += [
        f"{key} is {header_text(primary, key)[:20] or 'missing'}"
        for key in _NEEDED_NUMBERS
        if not header_number(primary, key) > 0
    ]
    is_ramp = suffix in ("uncal", "ramp")
    there = header_integer(sci, "NAXIS3", 1) if is_ramp else 1
    groups = header_integer(primary, "NGROUPS")
    if is_ramp and groups > 0 and groups != there:
        faults.append(f"NGROUPS is {groups} while the data have {there} groups")
    nints = header_integer(primary, "NINTS")
    return (
        nints if nints > 0 else header_integer(sci, "NAXIS4", 1) if is_ramp else 1,
        there if is_ramp else max(groups, 1),
        tuple(faults),
    )


def _target_position(sci: Header) -> tuple[float, float] | None:
    ra, dec = header_number(sci, "MT_RA"), header_number(sci, "MT_DEC")
    return (ra, dec) if math.isfinite(ra) and math.isfinite(dec) else None


def _copied(path: Path, original: str) -> WrongSuffixError | MixedExposuresError:
    if path.name.lower() != original and (path.parent / original).exists():
        return MixedExposuresError(
            f"{shown_name(path)} is a second copy of {original}, which lies beside it",
            "each exposure once",
            "remove the copy",
        )
    return WrongSuffixError(
        f"{shown_name(path)} is not named as the archive names it", original, "rename it to that"
    )


def _require_metadata(path: Path, suffix: str, headers: Sequence[Header], tree: bytes | None) -> None:
    """Refuse a file that the data models wrote and another program saved without what they keep beside FITS."""
    names = [header_text(header, "EXTNAME") for header in headers]
    if "ASDF" in names and tree is None:
        return
    if "ASDF" not in names and not has_pipeline_metadata(headers[0]):
        return
    if fault := asdf_fault(names, tree or b"", needs_wcs=suffix in ("cal", "crf")):
        raise NotJwstError(
            f"{shown_name(path)} {fault}",
            "a file as the pipeline or the archive gives it",
            "run image2 again"
            if "no world coordinates" in fault
            else "take the original file, and save changes with jwst.datamodels.open(...).save(...), not with astropy alone",
        )


def _name(path: Path, suffix: str) -> ExposureName:
    return ExposureName.parse(path).with_suffix(suffix)
