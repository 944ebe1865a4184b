"""The figures about one run of a correction, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from miri_widgets.serialization import Serializable

__all__ = ["NAN", "Bin", "Change", "Extended", "Proof"]

NAN = float("nan")


@dataclass(frozen=True)
class Change:
    """A figure before and after the correction, each with its standard error; NaN when it was not measured."""

    before: float = NAN
    after: float = NAN
    before_err: float = NAN
    after_err: float = NAN


@dataclass(frozen=True)
class Bin:
    """Change of flux of the added sources between two signal-to-noise ratios, with its error, and their number."""

    low: float
    high: float
    bias: float
    err: float
    count: int


@dataclass(frozen=True)
class Extended:
    """
    What is left of added discs of one size and brightness.

    Attributes
    ----------
    half_light : float
        Half-light radius, arcsec; where exposures have no WCS, of pixels of the imager.
    brightness : float
        Mean within it, in the noise of a pixel.
    kept, err : float
        Part of the light that ring photometry finds after the correction, and its error; NaN when not measured.
    count : int
        Measurements.
    """

    half_light: float
    brightness: float
    kept: float = NAN
    err: float = NAN
    count: int = 0


@dataclass(frozen=True)
class Proof(Serializable):
    """
    Figures about one run of a correction. Fractions, unless told otherwise; NaN when not measured.

    Attributes
    ----------
    verdict : str
        "good", "doubtful" or "harm".
    headline : str
        The verdict in a few words.
    sentences, grades : tuple of str
        What was found, in words, the worst first; and the verdict of each.
    unit : str
        Of the exposures.
    exposures, measured : int
        How many went in; on how many the figures were measured.
    sources, places : int
        Measurements of added sources, and at how many places of the sky.
    flux_bias, flux_bias_err, flux_bias_median : float
        Mean change of flux of added sources, its standard error, and the median.
    bins : tuple of Bin
        The same by signal to noise.
    noise : Change
        Robust scatter of sums in empty apertures of radius `aperture_radius`, unit times pixel.
    noise_ratio, noise_ratio_err : float
        Of the scatter, after over before.
    noise_over_err : Change
        Scatter over what ERR predicts.
    noise_reason : str
        Why the noise could not be compared, as the beginning of a sentence; empty when it could.
    apertures : int
        Number of empty apertures.
    aperture_radius : float
        One FWHM, pixels.
    pixel_noise : float
        Error of a pixel before, in `unit`.
    structure : mapping of str to Change
        ``column_rms``, ``row_rms``, ``gradient`` and ``box_rms``, in `unit`: `miri_widgets.core.validation.residual_structure`.
    extended : tuple of Extended
        What is left of added discs, by size and brightness.
    sky_structure, sky_structure_err : float
        Rms of what moves with the sky from dither to dither, over boxes of 16 pixels, in `unit`.
    sky_structure_lost, sky_structure_lost_err : float
        Share of it that the correction takes from a copy of it.
    masked_fraction : float
        Part of the imager under sources.
    newly_flagged, area_lost : float
        Part of the pixels that gain a flag; of the usable imager that becomes unusable.
    unflagged_nan, flags_taken : int
        Pixels that are NaN without DO_NOT_USE; pixels that lose a flag. Any is a defect of the correction.
    level_change : float
        Median change of the signal, in `unit`.
    unchanged : bool
        Whether all usable pixels kept their values exactly: noise and structure are then what they were.
    """

    verdict: str = "doubtful"
    headline: str = ""
    sentences: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    unit: str = ""
    exposures: int = 0
    measured: int = 0
    sources: int = 0
    places: int = 0
    flux_bias: float = NAN
    flux_bias_err: float = NAN
    flux_bias_median: float = NAN
    bins: tuple[Bin, ...] = ()
    noise: Change = Change()
    noise_ratio: float = NAN
    noise_ratio_err: float = NAN
    noise_over_err: Change = Change()
    noise_reason: str = ""
    apertures: int = 0
    aperture_radius: float = NAN
    pixel_noise: float = NAN
    structure: Mapping[str, Change] = field(default_factory=dict)
    extended: tuple[Extended, ...] = ()
    sky_structure: float = NAN
    sky_structure_err: float = NAN
    sky_structure_lost: float = NAN
    sky_structure_lost_err: float = NAN
    masked_fraction: float = NAN
    newly_flagged: float = NAN
    area_lost: float = NAN
    unflagged_nan: int = 0
    flags_taken: int = 0
    level_change: float = NAN
    unchanged: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as plain JSON values; what was not measured is None."""
        plain: dict[str, Any] = _plain(super().to_dict())
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Proof:
        """
        Return the proof of a record; keys that are not known are left out.

        Parameters
        ----------
        values : mapping
            Plain values as `to_dict` gives them; None is NaN.
        """
        return super().from_dict(_filled(values))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _filled(value: Any) -> Any:
    """Return plain values with NaN for what was not measured."""
    if isinstance(value, Mapping):
        return {str(key): _filled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item) for item in value]
    return NAN if value is None else value
