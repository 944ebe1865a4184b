"""What kinds of exposures there are beside imaging, and a sentence for each, from the header alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from miri_widgets.errors import NotImagingError, NotJwstError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.header_values import Header, header_text

__all__ = ["require_imaging"]

_KINDS = {
    "MIR_LYOT": "a coronagraphic exposure of the Lyot mask",
    "MIR_4QPM": "a coronagraphic exposure of a four-quadrant phase mask",
    "MIR_CORONCAL": "a calibration of the coronagraphs",
    "MIR_TACQ": "a target acquisition",
    "MIR_TACONFIRM": "the confirmation image of a target acquisition",
    "MIR_DARKALL": "a dark",
    "MIR_DARKIMG": "a dark",
    "MIR_DARKMRS": "a dark of the spectrometer",
    "MIR_FLATIMAGE": "a flat of the lamp",
    "MIR_FLATIMAGE-EXT": "a flat of the sky",
    "MIR_FLATMRS": "a flat of the spectrometer",
    "MIR_FLATMRS-EXT": "a flat of the spectrometer",
    "MIR_LRS-FIXEDSLIT": "a slit spectrum",
    "MIR_LRS-SLITLESS": "a slitless spectrum",
    "MIR_WFSS": "a slitless spectrum of the field",
    "MIR_MRS": "an exposure of the spectrometer",
}
"""JWST keyword dictionary, EXP_TYPE of MIRI."""

_NO_FIELD = ("MASK1065", "MASK1140", "MASK1550", "MASKLYOT", "SLITLESSPRISM")
"""Subarrays without a pixel of the imaging field; MIRI subarrays of the JWST documentation."""


def require_imaging(path: Path, primary: Header, sci: Header | None, filters: Sequence[str]) -> None:
    """
    Refuse what is no exposure of the imager.

    Parameters
    ----------
    path : Path
        The file, for the sentence.
    primary : mapping
        Its primary header.
    sci : mapping or None
        Header of SCI.
    filters : sequence of str
        Imaging filters.

    Raises
    ------
    NotJwstError
        If it is no product of JWST with a SCI extension.
    NotImagingError
        If it is of another instrument, detector, kind, subarray or filter.
    """
    telescope = header_text(primary, "TELESCOP")
    if telescope != "JWST" or sci is None:
        raise NotJwstError(
            shown_name(path)
            + (f" says telescope {telescope[:40]!r}" if telescope else " names no telescope (TELESCOP)")
            + ("" if sci is not None else " and has no SCI"),
            "a JWST product with a SCI extension",
            "choose files as the archive gives them",
        )
    instrument, kind, detector = (header_text(primary, key) for key in ("INSTRUME", "EXP_TYPE", "DETECTOR"))
    if instrument != "MIRI" or kind != "MIR_IMAGE" or detector != "MIRIMAGE":
        raise NotImagingError(
            _kind_text(path, instrument, kind, detector, header_text(primary, "SUBARRAY")),
            "MIRI imaging (MIR_IMAGE)",
            "leave this file out",
        )
    if (band := header_text(primary, "FILTER")) not in filters:
        raise NotImagingError(
            f"{shown_name(path)} is {kind} in filter {band[:20] or 'unknown'}",
            "MIR_IMAGE in one of " + ", ".join(filters),
            "leave this file out",
        )
    if (subarray := header_text(primary, "SUBARRAY").upper()) in _NO_FIELD:
        raise NotImagingError(
            f"{shown_name(path)} is {kind} in the subarray {subarray}, which holds no pixel of the imaging field",
            "FULL, BRIGHTSKY, SUB256, SUB128 or SUB64",
            "leave this file out",
        )


def _kind_text(path: Path, instrument: str, kind: str, detector: str, subarray: str) -> str:
    if not instrument:
        return f"{shown_name(path)} names no instrument (INSTRUME)"
    if not kind:
        return f"{shown_name(path)} is of {instrument[:20]} and names no exposure type (EXP_TYPE)"
    if instrument == "MIRI" and kind in _KINDS:
        where = f", {subarray[:20]}" if subarray not in ("", "N/A", "FULL") else ""
        return f"{shown_name(path)} is {_KINDS[kind]} ({kind}{where})"
    if instrument == "MIRI" and detector != "MIRIMAGE":
        return f"{shown_name(path)} is {instrument} {kind[:20]} of the detector {detector[:20] or 'unknown'}"
    return f"{shown_name(path)} is {instrument[:20]} {kind[:20]}"
