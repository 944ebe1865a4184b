"""The words of figures: fractions with their errors in per cent, and what a small change is called."""

from __future__ import annotations

import math

from miri_widgets.core.validation.verdicts import NEGLIGIBLE, is_significant

__all__ = ["SMALL", "changes", "finite_or_zero", "is_small", "percent"]

SMALL = "small but significant"
"""What a change is called that is more than noise and less than its limit."""


def finite_or_zero(err: float) -> float:
    """
    Return an error, 0 where it is not known.

    Parameters
    ----------
    err : float
        A standard error; NaN or infinite when it is not known.
    """
    return err if math.isfinite(err) else 0.0


def is_small(value: float, err: float) -> bool:
    """
    Return whether a change is more than noise, and more than nothing; its grade says that it is not much.

    Parameters
    ----------
    value, err : float
        The change and its standard error.
    """
    return abs(value) >= NEGLIGIBLE and is_significant(value, err)


def changes(value: float, err: float, *, many: bool = True) -> str:
    """
    Return by how much something changes, as the end of a sentence.

    Parameters
    ----------
    value, err : float
        The change and its standard error, as fractions.
    many : bool
        Whether the subject of the sentence is plural.
    """
    if value == 0 and not err > 0:
        return "do not change" if many else "does not change"
    return f"{'change' if many else 'changes'} by {percent(value, err)}"


def percent(value: float, err: float, *, sign: bool = True) -> str:
    """
    Return a fraction and its error in per cent, with as many digits as the error deserves.

    Parameters
    ----------
    value, err : float
        The fraction and its standard error.
    sign : bool
        Whether a gain is written with its sign.
    """
    known = math.isfinite(err)
    digits = 0 if known and err > 0.1 else 2 if known and 0 < err < 0.0005 else 1
    body = f"{100 * value:{'+' if sign else ''}.{digits}f}"
    # a minus sign, and none at zero
    body = body.replace("-", "\u2212") if float(body) else f"{0:.{digits}f}"
    return f"{body} \u00b1 {100 * err:.{digits}f} %" if known else f"{body} %"
