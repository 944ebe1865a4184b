"""When a correction did good, when to doubt, and when it did harm: from figures to words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "GRADES",
    "LIMITS",
    "NEGLIGIBLE",
    "SIGNIFICANT",
    "Finding",
    "Limit",
    "grade",
    "is_significant",
    "worst",
]

GRADES = ("good", "doubtful", "harm")
"""From best to worst."""

SIGNIFICANT = 3.0
"""A figure counts when it is so many times its standard error: noise alone gives that once in 370 figures."""

NEGLIGIBLE = 0.001
"""A part of the flux that no photometry of MIRI can tell from none."""


@dataclass(frozen=True)
class Limit:
    """
    Bounds of one figure.

    Attributes
    ----------
    doubtful : float
        What the figure may reach before it is that, when it is significant; in the unit of the figure.
    harm : float
        What the figure less `sigmas` of its standard errors may reach before it is that.
    sigmas : float
        How many standard errors the figure is given before it is called harm.
    reason : str
        Why these bounds.
    required : bool
        Whether a verdict needs the figure: with an error that would hide harm, it counts as not measured.
    """

    doubtful: float
    harm: float
    sigmas: float
    reason: str
    required: bool = False


LIMITS: dict[str, Limit] = {
    "flux": Limit(0.005, 0.015, 2.0, "The flux calibration of the imager is good to about 2 per cent: nothing may spend it.", required=True),
    "flux_bin": Limit(0.01, 0.03, 3.0, "One bin of several, of few sources: more freedom than for all together."),
    "noise": Limit(0.05, 0.25, 2.0, "More than a sky of ten exposures must add; 25 per cent cost a third of the time.", required=True),
    "structure": Limit(0.05, 0.25, 2.0, "Rms in units of the noise of a pixel: what averages of boxes and lines show."),
    "disc": Limit(0.05, 0.2, 2.0, "Galaxies of half-light radius 3 arcsec are in every field: photometry to 5 per cent.", required=True),
    "large": Limit(0.05, 0.2, 2.0, "Objects of 7 arcsec in a field that shows extended light.", required=True),
    "large_unseen": Limit(0.2, 0.5, 2.0, "The same in a field that shows none: such an object would be seen, unless it is faint."),
    "huge": Limit(0.2, 0.5, 2.0, "Objects of 15 arcsec in a field that shows extended light: dithers of MIRI are smaller than they."),
    "huge_unseen": Limit(1.0, 1.0, 2.0, "The same in a field that shows none: told, and no verdict."),
    "sky": Limit(0.05, 0.2, 1.0, "The same of the light that is there; its error is that of few large structures."),
    "area": Limit(0.02, 0.1, 0.0, "Dithers make up for some per cent of pixels, not for a tenth."),
    "mask_flux": Limit(0.02, 0.1, 0.0, "2 % is what a bad pixel in the core costs in one dither of four; no four dithers repair a tenth."),
    "mask_area": Limit(0.05, 0.2, 0.0, "The masked part of one exposure that other dithers no longer make up for."),
    "err": Limit(0.15, 0.5, 2.0, "How much worse ERR describes the noise than before, as a part of it."),
    "broken": Limit(0.0, 0.0, 0.0, "Pixels without value that are not flagged, or flags that were taken away: never."),
}  # fmt: skip
"""Bounds by name."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found: its `grade` and a `sentence` for an astronomer."""

    grade: str
    sentence: str


def grade(name: str, value: float, err: float = 0.0) -> str:
    """
    Grade one figure.

    Parameters
    ----------
    name : str
        Key of `LIMITS`.
    value : float
        How much harm: only what lies above zero counts. NaN is not measured, and doubtful.
    err : float
        Its standard error; NaN or infinite means that the value tells nothing, which is doubtful, too.

    Notes
    -----
    A figure counts when it is significant (`is_significant`); then its size decides. More harm at the same error
    never gives a better grade, nor does a smaller error of a significant figure.
    """
    limit = LIMITS[name]
    if math.isnan(value) or not math.isfinite(err):
        return "doubtful"
    err = max(err, 0.0)
    # rounding is no harm
    if is_significant(value, err):
        if value - limit.sigmas * err > limit.harm + 1e-9:
            return "harm"
        if value > limit.doubtful + 1e-9:
            return "doubtful"
    return "doubtful" if limit.required and limit.sigmas * err > limit.harm else "good"


def is_significant(value: float, err: float) -> bool:
    """
    Return whether a figure is more than noise: `SIGNIFICANT` times its error. Not for what was not measured.

    Parameters
    ----------
    value, err : float
        A figure and its standard error.
    """
    return math.isfinite(err) and abs(value) > SIGNIFICANT * max(err, 0.0) + 1e-12


def worst(grades: Sequence[str]) -> str:
    """
    Return the worst of some grades; "good" of none.

    Parameters
    ----------
    grades : sequence of str
        Some of `GRADES`.
    """
    return max(grades, key=GRADES.index, default="good")
