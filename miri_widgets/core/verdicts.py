"""When a correction did good, when to doubt, and when it did harm: from figures to words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["GRADES", "LIMITS", "Finding", "Limit", "grade", "worst"]

GRADES = ("good", "doubtful", "harm")
"""From best to worst."""


@dataclass(frozen=True)
class Limit:
    """
    Bounds of one figure.

    Attributes
    ----------
    doubtful, harm : float
        What the figure may reach, beyond its error, before it is that; in the unit of the figure.
    sigmas : float
        How many standard errors the figure is given.
    reason : str
        Why these bounds.
    """

    doubtful: float
    harm: float
    sigmas: float
    reason: str


LIMITS: dict[str, Limit] = {
    "flux": Limit(0.005, 0.015, 2.0, "The flux calibration of the imager is good to about 2 per cent: nothing may spend it."),
    "flux_bin": Limit(0.01, 0.03, 3.0, "One bin of several, of few sources: more freedom than for all together."),
    "noise": Limit(0.05, 0.25, 2.0, "More than a sky of ten exposures must add; 25 per cent cost a third of the time."),
    "structure": Limit(0.05, 0.25, 2.0, "Rms in units of the noise of a pixel: what averages of boxes and lines show."),
    "extended": Limit(0.05, 0.2, 2.0, "In a field that shows extended emission: its photometry is good to 5 per cent."),
    "patch": Limit(0.3, 1.5, 2.0, "In a field that shows none: galaxies of the size of the patch are still in doubt."),
    "sky": Limit(0.05, 0.2, 1.0, "The same of the light that is there; its error is that of few large structures."),
    "area": Limit(0.02, 0.1, 0.0, "Dithers make up for some per cent of pixels, not for a tenth."),
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
        How much harm: only what lies above zero counts. NaN is not measured, and good.
    err : float
        Its standard error; NaN or infinite means that the value tells nothing.

    Notes
    -----
    More harm at the same error never gives a better grade.
    """
    limit = LIMITS[name]
    if math.isnan(value) or not math.isfinite(err):
        return "good"
    beyond = value - limit.sigmas * max(err, 0.0)
    # rounding is no harm
    return "harm" if beyond > limit.harm + 1e-9 else "doubtful" if beyond > limit.doubtful + 1e-9 else "good"


def worst(grades: Sequence[str]) -> str:
    """Return the worst of some grades; "good" of none."""
    return max(grades, key=GRADES.index, default="good")
