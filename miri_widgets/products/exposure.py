"""What the header of a MIRI imager exposure says, as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from astropy.io import fits

from miri_widgets.errors import NotImagingError, NotJwstError, WrongSuffixError
from miri_widgets.products.dates import exposure_times, start_text
from miri_widgets.products.fits_files import LightHeader, read_headers, shown_name
from miri_widgets.products.names import ExposureName, original_name, suffix_of

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

_Header: TypeAlias = fits.Header | LightHeader

EXPOSURE_SUFFIXES = ("uncal", "ramp", "rate", "rateints", "cal", "crf")

_DIMENSIONS = {"uncal": 4, "ramp": 4, "rate": 2, "rateints": 3, "cal": 2, "crf": 2}


@dataclass(frozen=True)
class Exposure:
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
        """Return the exposure with its tile number."""
        return replace(self, tile=tile)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for an index on disk."""
        values = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("path", "name")
        }
        return values | {"path": str(self.path), "filename": self.name.filename}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Exposure:
        """Rebuild an exposure from `to_dict`."""
        rest = {key: value for key, value in values.items() if key not in ("path", "filename")}
        return cls(path=Path(values["path"]), name=ExposureName.parse(values["filename"]), **rest)


def psf_fwhm_pixels(filter_name: str) -> float:
    """Return the FWHM of the PSF in imager pixels; a typical one for a filter that is not known."""
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
    return exposure_from_headers(Path(path), read_headers(path), suffix=suffix)


def exposure_from_headers(path: Path, headers: Sequence[_Header], *, suffix: str | None = None) -> Exposure:
    """As `read_exposure`, from headers that were read already."""
    primary = headers[0]
    sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), None)
    _require_miri_imaging(path, primary, sci)
    assert sci is not None
    found = suffix_of(path)
    if found not in EXPOSURE_SUFFIXES or (suffix is not None and found != suffix):
        wanted = f"a {suffix} file" if suffix else "one of " + ", ".join(EXPOSURE_SUFFIXES)
        raise WrongSuffixError(
            f"{shown_name(path)} is {'a ' + found if found else 'no known'} product",
            wanted,
            "choose the files of the stage before",
        )
    if original := (path.name != path.name.lower() and original_name(path)):
        raise WrongSuffixError(
            f"{shown_name(path)} is not named as the archive names it", original, "rename it to that"
        )
    _require_metadata(path, found, headers)
    if int(sci.get("NAXIS", 0)) != _DIMENSIONS[found]:
        raise WrongSuffixError(
            f"{shown_name(path)} has {sci.get('NAXIS')} axes",
            f"{_DIMENSIONS[found]} axes in a {found} file",
            "check how the file was named",
        )
    status = path.stat()
    start_mjd, end_mjd = exposure_times(primary)
    return Exposure(
        path=path,
        name=_name(path, found),
        filter=_text(primary, "FILTER"),
        subarray=_text(primary, "SUBARRAY"),
        readpatt=_text(primary, "READPATT"),
        nints=_integer(primary, "NINTS", 1),
        ngroups=_integer(primary, "NGROUPS", 1),
        nx=_integer(sci, "NAXIS1", 0),
        ny=_integer(sci, "NAXIS2", 0),
        dither=_integer(primary, "PATT_NUM", _integer(primary, "EXPOSURE", 1)),
        dithers=_integer(primary, "NUMDTHPT", 1),
        start=start_text(primary),
        start_mjd=start_mjd,
        end_mjd=end_mjd,
        exposure_time=_number(primary, "EFFEXPTM", 0.0),
        guide_star=_text(primary, "GDSTARID") or _text(primary, "GS_ID"),
        target=_text(primary, "TARGPROP") or _text(primary, "TARGNAME"),
        ra=_number(sci, "RA_REF", _number(primary, "TARG_RA", float("nan"))),
        dec=_number(sci, "DEC_REF", _number(primary, "TARG_DEC", float("nan"))),
        s_region=_text(sci, "S_REGION"),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        header_program=_text(primary, "PROGRAM"),
    )


def _require_metadata(path: Path, suffix: str, headers: Sequence[_Header]) -> None:
    """Refuse a file that the data models wrote and another program saved without what they keep beside FITS."""
    names = [_text(header, "EXTNAME") for header in headers]
    if not _text(headers[0], "DATAMODL") or "ASDF" in names:
        return
    lost = "its world coordinates and " if suffix in ("cal", "crf") else ""
    raise NotJwstError(
        f"{shown_name(path)} has lost its ASDF extension, which holds {lost}the metadata that the pipeline reads",
        "a file as the pipeline or the archive gives it",
        "take the original file, and save changes with jwst.datamodels.open(...).save(...), not with astropy alone",
    )


def _require_miri_imaging(path: Path, primary: _Header, sci: _Header | None) -> None:
    telescope = _text(primary, "TELESCOP")
    if telescope != "JWST" or sci is None:
        raise NotJwstError(
            shown_name(path)
            + (f" says telescope {telescope[:40]!r}" if telescope else " names no telescope (TELESCOP)")
            + ("" if sci is not None else " and has no SCI"),
            "a JWST product with a SCI extension",
            "choose files as the archive gives them",
        )
    instrument, kind, detector = (_text(primary, key) for key in ("INSTRUME", "EXP_TYPE", "DETECTOR"))
    if instrument != "MIRI" or kind not in ("MIR_IMAGE", "MIR_LYOT", "MIR_4QPM") or detector != "MIRIMAGE":
        raise NotImagingError(
            _kind_words(path, instrument, kind, detector),
            "MIRI imaging (MIR_IMAGE)",
            "leave this file out",
        )
    if kind != "MIR_IMAGE" or _text(primary, "FILTER") not in FILTERS:
        raise NotImagingError(
            f"{shown_name(path)} is {kind[:20]} in filter {_text(primary, 'FILTER')[:20] or 'unknown'}",
            "MIR_IMAGE in one of " + ", ".join(FILTERS),
            "leave this file out",
        )


def _kind_words(path: Path, instrument: str, kind: str, detector: str) -> str:
    if not instrument:
        return f"{shown_name(path)} names no instrument (INSTRUME)"
    if not kind:
        return f"{shown_name(path)} is of {instrument[:20]} and names no exposure type (EXP_TYPE)"
    if instrument == "MIRI" and detector != "MIRIMAGE":
        return f"{shown_name(path)} is {instrument} {kind[:20]} of the detector {detector[:20] or 'unknown'}"
    return f"{shown_name(path)} is {instrument[:20]} {kind[:20]}"


def _name(path: Path, suffix: str) -> ExposureName:
    return ExposureName.parse(path).with_suffix(suffix)


def _text(header: _Header, key: str) -> str:
    return str(header.get(key, "") or "").strip()


def _integer(header: _Header, key: str, default: int) -> int:
    return int(_number(header, key, default))


def _number(header: _Header, key: str, default: float) -> float:
    value = header.get(key, default)
    try:
        return float(value)
    except (TypeError, ValueError):
        return float(default)
