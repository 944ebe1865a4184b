"""What the header of a MIRI imager exposure says, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from miri_widgets.errors import MixedExposuresError, NotJwstError, WrongSuffixError
from miri_widgets.products.asdf_extension import asdf_fault, has_pipeline_metadata
from miri_widgets.products.dates import exposure_times, start_text
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
from miri_widgets.serialization import Serializable

__all__ = [
    "EXPOSURE_SUFFIXES",
    "FILTERS",
    "PIXEL_ARCSEC",
    "PSF_FWHM_ARCSEC",
    "Exposure",
    "exposure_from_headers",
    "psf_fwhm_pixels",
    "read_exposure",
]

FILTERS = ("F560W", "F770W", "F1000W", "F1130W", "F1280W", "F1500W", "F1800W", "F2100W", "F2550W")
"""The imaging filters of MIRI, by wavelength."""

PSF_FWHM_ARCSEC = dict(
    zip(FILTERS, (0.207, 0.269, 0.328, 0.375, 0.420, 0.488, 0.591, 0.674, 0.803), strict=True)
)
"""FWHM of the PSF by filter; JWST documentation, "MIRI Imaging", measured in flight."""

PIXEL_ARCSEC = 0.11
"""Mean scale of the imager; JWST documentation, "MIRI Imaging"."""

_TYPICAL_FWHM_ARCSEC = 0.3

_NEEDED_TEXTS = ("SUBARRAY", "READPATT")
_NEEDED_NUMBERS = ("NINTS", "NGROUPS", "EFFEXPTM")
"""What reference files are chosen by, and what times are made of."""

EXPOSURE_SUFFIXES = ("uncal", "ramp", "rate", "rateints", "cal", "crf")

_DIMENSIONS = {"uncal": 4, "ramp": 4, "rate": 2, "rateints": 3, "cal": 2, "crf": 2}


@dataclass(frozen=True)
class Exposure(Serializable):
    """
    One exposure of the MIRI imager, from its headers.

    Attributes
    ----------
    path : Path
        The file.
    name : ExposureName
        Its name, taken apart.
    tile : int
        Rank of (observation, visit) in the program, from 1; 0 before a scan.
    dither, dithers : int
        Position in the dither pattern and number of positions.
    nx, ny : int
        Size of the SCI array in pixels.
    start : str
        Start of the exposure, ISO, UTC.
    start_mjd, end_mjd : float
        Start and end of the exposure, MJD, UTC; NaN when no keyword says them.
    ra, dec : float
        Reference point on the sky, degrees, ICRS; NaN when not given.
    exposure_time : float
        Effective exposure time, s.
    s_region : str
        Footprint as an STC-S polygon; empty before image2.
    size, mtime_ns : int
        Bytes and time of last change of the file.
    header_program : str
        Program number as the header says; empty when it does not.
    segments : int
        Segments of the whole exposure as the header says; 0 when it does not.
    is_moving : bool
        Whether the exposure follows a moving target (TARGTYPE).
    target_position : tuple of float or None
        Where a moving target was (MT_RA, MT_DEC), degrees; None when not given.
    is_time_series : bool
        Whether the visit is a time series (TSOVISIT) and the exposure has several integrations.
    faults : tuple of str
        Keywords that are missing or that nobody can read, and what contradicts the data, as ``NGROUPS is missing``.
    """

    path: Path
    name: ExposureName
    filter: str
    subarray: str
    readpatt: str
    nints: int
    ngroups: int
    nx: int
    ny: int
    dither: int
    dithers: int
    start: str
    start_mjd: float
    end_mjd: float
    exposure_time: float
    guide_star: str
    target: str
    ra: float
    dec: float
    s_region: str
    size: int
    mtime_ns: int
    tile: int = 0
    header_program: str = ""
    segments: int = 0
    is_moving: bool = False
    target_position: tuple[float, float] | None = None
    is_time_series: bool = False
    faults: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The name without suffix: what all products of the exposure share."""
        return self.name.root

    @property
    def suffix(self) -> str:
        """The product suffix (uncal, rate, cal ...)."""
        return self.name.suffix

    @property
    def program(self) -> str:
        """Program number, five digits."""
        return self.name.program

    @property
    def observation(self) -> str:
        """Observation number, three digits."""
        return self.name.observation

    @property
    def visit(self) -> str:
        """Visit number, three digits."""
        return self.name.visit

    @property
    def label(self) -> str:
        """A short name for tables and progress lists."""
        return f"{self.filter} tile {self.tile or '?'} dither {self.dither}"

    @property
    def order(self) -> tuple[float, str]:
        """What exposures are sorted by: time, and name; those without a date come last."""
        return (self.start_mjd if math.isfinite(self.start_mjd) else math.inf, self.root)

    def with_tile(self, tile: int) -> Exposure:
        """
        Return the exposure with its tile number.

        Parameters
        ----------
        tile : int
            Number of the tile, from 1.
        """
        return replace(self, tile=tile)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for an index on disk; the name is that of the file."""
        values = super().to_dict()
        values["filename"] = values.pop("name")
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Exposure:
        """
        Return the exposure of plain values.

        Parameters
        ----------
        values : mapping
            Plain values, as `to_dict` gives them.
        """
        return super().from_dict({**values, "name": values.get("filename")})


def psf_fwhm_pixels(filter_name: str) -> float:
    """
    Return the FWHM of the PSF in imager pixels; a typical one for a filter that is not known.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    """
    return PSF_FWHM_ARCSEC.get(filter_name, _TYPICAL_FWHM_ARCSEC) / PIXEL_ARCSEC


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
