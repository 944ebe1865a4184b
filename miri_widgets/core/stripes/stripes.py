"""
Stripes: offsets of whole columns and rows, which the detector adds and a sky does not have.

Source: the column and row cleaning of the first MIRI imaging notebooks (medians of columns, structure wider than
20 pixels put back), made to follow emission of any scale, with uncertainties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.levels.surfaces import smooth_surface
from miri_widgets.core.regions import Region, mask_of
from miri_widgets.core.stacks.source_masks import source_mask
from miri_widgets.core.stripes.areas import StripeArea, areas_of, powers
from miri_widgets.errors import ParameterError

__all__ = ["Stripes", "clean_stripes", "compare_cleanings", "find_stripes", "stripe_power"]

_FEWEST_ROWS = 128

CORONAGRAPHS = ("own", "leave")
"""Ways with the Lyot and coronagraph areas."""

METHODS = ("joint", "profiles")
"""Sky and offsets estimated together; or profiles of bands, as before."""


@dataclass(frozen=True, eq=False)
class Stripes:
    """
    What stripes there are in an exposure.

    Attributes
    ----------
    offset : ndarray of float32, shape (ny, nx)
        Columns and rows together, in the unit of the exposure; 0 where nothing was measured.
    variance : ndarray of float32, shape (ny, nx)
        Its variance.
    masked : ndarray of bool, shape (ny, nx)
        Sources, regions and bad pixels, which were not used.
    facts : mapping
        Small numbers, for the record.
    """

    offset: NDArray[np.float32]
    variance: NDArray[np.float32]
    masked: NDArray[np.bool_]
    facts: Mapping[str, Any]


def clean_stripes(
    exposures: Sequence[ExposureArrays],
    *,
    columns: bool = True,
    rows: bool = True,
    method: str = "joint",
    protect_scale: float = 60.0,
    adaptive: bool = True,
    source_nsigma: float = 3.0,
    exclude_above: float | None = None,
    exclude: Sequence[Region] = (),
    coronagraphs: str = "own",
    min_pixels: int = 20,
) -> CorrectionResult:
    """
    Subtract the offsets of columns and rows.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Cal or rate exposures; each is cleaned by itself. Not modified.
    columns, rows : bool
        Whether to clean columns, and rows.
    method : str
        "joint": sky and offsets together, the scale of the sky chosen by the data; "profiles": levels of bands, less
        what is smooth along a profile.
    protect_scale : float
        With profiles: structure along a profile that is wider than this may be sky, pixels (sigma of a Gaussian).
    adaptive : bool
        Protect of it only what the profile shows to be there; else all of it, as with a Gaussian of that sigma.
    source_nsigma : float
        Sources are masked above this many standard deviations.
    exclude_above : float, optional
        Do not use pixels above this, in the unit of the exposure.
    exclude : sequence of Region
        Do not use pixels in these regions.
    coronagraphs : str
        Lyot and 4QPM areas: "own" profiles of their rows, or "leave" them alone.
    min_pixels : int
        Columns and rows with fewer usable pixels are left alone.

    Returns
    -------
    CorrectionResult
        Cleaned exposures, made one at a time.

    Raises
    ------
    ParameterError
        If neither columns nor rows are to be cleaned, or the way with coronagraphs is unknown.

    Notes
    -----
    Pixels of value exactly 0 were never measured, and do not count. ERR and ``var_rnoise`` gain the variance of
    the offsets. DQ stays as it is.
    """
    _require_sense(columns, rows, exclude_above, coronagraphs, method)
    settings = {
        "columns": columns,
        "rows": rows,
        "method": method,
        "protect_scale": protect_scale,
        "adaptive": adaptive,
        "source_nsigma": source_nsigma,
        "exclude_above": exclude_above,
        "exclude": tuple(exclude),
        "coronagraphs": coronagraphs,
        "min_pixels": min_pixels,
    }
    return CorrectionResult(
        Lazy.mapped(partial(_cleaned, settings=settings), exposures),
        facts={"exposures": len(exposures)},
        warnings=_warnings(exposures, coronagraphs),
    )


def find_stripes(
    exposure: ExposureArrays,
    *,
    columns: bool = True,
    rows: bool = True,
    method: str = "joint",
    protect_scale: float = 60.0,
    adaptive: bool = True,
    source_nsigma: float = 3.0,
    exclude_above: float | None = None,
    exclude: Sequence[Region] = (),
    coronagraphs: str = "own",
    min_pixels: int = 20,
) -> Stripes:
    """
    Measure the offsets of columns and rows of one exposure; parameters as in `clean_stripes`.

    Parameters
    ----------
    exposure : ExposureArrays
        The exposure. Not modified.
    columns : bool
        Measure the offsets of columns.
    rows : bool
        Measure the offsets of rows.
    method : str
        "joint": sky and offsets together, the scale of the sky chosen by the data; "profiles": levels of bands, less
        what is smooth along a profile.
    protect_scale : float
        With profiles: structure along a profile that is wider than this may be sky, pixels (sigma of a Gaussian).
    adaptive : bool
        Whether to follow wide structure only as far as the profile shows it.
    source_nsigma : float
        Sources are masked above this many standard deviations.
    exclude_above : float, optional
        Pixels above this are left out, in the unit of the exposure.
    exclude : sequence of Region
        Areas that are left out of the medians.
    coronagraphs : str
        What to do with the coronagraph areas.
    min_pixels : int
        Lines with fewer usable pixels are left alone.

    Notes
    -----
    Imager field and coronagraphs are apart. The joint estimate is told in `joint_offsets`; where emission is finer than
    its splines, and with profiles, in each: (1) subtract a surface of medians of 32 x 32 pixels, so that
    masks and gradients make no steps; (2) level of each column in bands of rows, plus the mean of the surface there;
    (3) what all bands have in common and is not smooth along the profile is an offset (`common_offsets`); (4) the
    same for rows. Then find sources in what is left, and once more. Where the residual shows emission finer than the
    boxes, the surface is refined, and what differs between bands is protected at every scale.
    """
    good = exposure.good & (exposure.sci != 0)
    if exclude_above is not None:
        good &= exposure.sci <= exclude_above
    if exclude:
        good &= ~mask_of(exclude, exposure)
    offset, variance = np.zeros(exposure.shape, np.float32), np.zeros(exposure.shape, np.float32)
    masked, facts = ~good, {}
    for name, area in areas_of(exposure, coronagraphs).items():
        part = StripeArea(exposure.sci[:, area], good[:, area], exposure.fwhm, source_nsigma, min_pixels)
        if method == "joint":
            part.fit_jointly(columns=columns, rows=rows)
        else:
            part.fit(columns=columns, rows=rows, scale=protect_scale, adaptive=adaptive)
        offset[:, area], variance[:, area] = part.offset, part.variance
        masked[:, area] = ~part.use
        facts[name] = part.facts()
    return Stripes(offset, variance, masked, facts)


def stripe_power(exposure: ExposureArrays, *, source_nsigma: float = 3.0) -> dict[str, float | None]:
    """
    Return how strong stripes are in the imager field (in the whole exposure where it has none).

    Parameters
    ----------
    exposure : ExposureArrays
        An exposure of any unit. Not modified.
    source_nsigma : float
        Sources are masked above this many standard deviations.

    Returns
    -------
    dict
        ``column_power`` and ``row_power``: rms of the levels of columns and of rows, structure wider than 20 pixels
        taken away; in the unit of the exposure, noise included. None where there is nothing to measure.
    """
    area = areas_of(exposure, "leave").get("imager", slice(None))
    sci, good = exposure.sci[:, area], (exposure.good & (exposure.sci != 0))[:, area]
    flat = np.where(good, sci - smooth_surface(sci, good), np.float32(np.nan))
    sources = source_mask(flat, fwhm=exposure.fwhm, threshold=source_nsigma)
    columns, rows = powers(np.where(sources, np.float32(np.nan), flat))
    return {"column_power": columns, "row_power": rows}


def compare_cleanings(
    before: ExposureArrays, cleaned: Mapping[str, ExposureArrays]
) -> dict[str, dict[str, float | None]]:
    """
    Compare ways of cleaning one exposure by the stripes that they leave.

    Parameters
    ----------
    before : ExposureArrays
        The exposure without any cleaning. Not modified.
    cleaned : mapping of str to ExposureArrays
        The same exposure after each way of cleaning, by name; such as our own and ``clean_flicker_noise``.

    Returns
    -------
    dict
        By name, ``column_power_before``, ``column_power_after``, ``row_power_before`` and ``row_power_after``.
    """
    first = {f"{name}_before": value for name, value in stripe_power(before).items()}
    return {
        name: first | {f"{key}_after": value for key, value in stripe_power(exposure).items()}
        for name, exposure in cleaned.items()
    }


def _cleaned(exposure: ExposureArrays, *, settings: Mapping[str, Any]) -> ExposureArrays:
    stripes = find_stripes(exposure, **settings)
    sci = exposure.sci - stripes.offset
    rnoise = exposure.var_rnoise
    note = ", ".join(
        f"{name}: columns {facts['column_power_before'] or 0:.3g} to {facts['column_power_after'] or 0:.3g}, "
        f"rows {facts['row_power_before'] or 0:.3g} to {facts['row_power_after'] or 0:.3g} {exposure.unit} rms"
        for name, facts in stripes.facts.items()
    )
    if any(facts["emission"] for facts in stripes.facts.values()):
        note += "; emission fills the field, and only stripes that stand out of it were subtracted"
    return exposure.replace(
        sci=sci,
        err=np.sqrt(exposure.err**2 + stripes.variance),
        var_rnoise=None if rnoise is None else rnoise + stripes.variance,
        facts={**exposure.facts, "stripes": {**stripes.facts.get("imager", {}), "areas": stripes.facts}},
        notes=(*exposure.notes, f"stripes subtracted; {note or 'no area could be measured'}"),
    )


def _require_sense(
    columns: bool, rows: bool, exclude_above: float | None, coronagraphs: str, method: str
) -> None:
    """Refuse what bounds of single parameters cannot say; the bounds stand in the spec of the step."""
    if not (columns or rows):
        raise ParameterError("rows = False and columns = False", "columns, rows or both", "set one of them")
    if exclude_above is not None and not np.isfinite(exclude_above):
        raise ParameterError(f"exclude_above = {exclude_above!r}", "a finite number, or none", "correct it")
    if coronagraphs not in CORONAGRAPHS:
        raise ParameterError(
            f"coronagraphs = {coronagraphs!r}", "one of " + ", ".join(CORONAGRAPHS), "choose one of them"
        )
    if method not in METHODS:
        raise ParameterError(f"method = {method!r}", "one of " + ", ".join(METHODS), "choose one of them")


def _warnings(exposures: Sequence[ExposureArrays], coronagraphs: str) -> tuple[str, ...]:
    if len(exposures) == 0:
        return ()
    first = exposures[0]
    warnings = []
    if min(first.shape) < _FEWEST_ROWS:
        warnings.append(
            f"Columns of {first.shape[0]} and rows of {first.shape[1]} pixels hold sources and noise more than "
            "stripes: compare before and after."
        )
    if not areas_of(first, coronagraphs):
        warnings.append("This subarray lies in the coronagraphs, which are left alone: nothing is cleaned.")
    return tuple(warnings)
