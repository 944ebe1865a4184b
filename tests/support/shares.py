"""Which trials a run makes: a share of each day, all of them with ``MIRI_WIDGETS_TRIALS=all`` (``make fuzz``)."""

from __future__ import annotations

import os
from typing import TypeVar

__all__ = ["ALL", "SHARES", "share"]

DAY = os.environ.get("MIRI_WIDGETS_TRIALS", "all")
ALL = DAY == "all"
"""Whether this is a whole sweep."""

SHARES = 24
"""Days after which every trial has been made."""

Case = TypeVar("Case")


def share(cases: list[Case], day: str = "", days: int = SHARES) -> list[Case]:
    """
    Return the cases of one day.

    Parameters
    ----------
    cases : list
        All cases, those of one step beside each other: a share needs the exposures of few steps.
    day : str
        "all", or a number; by default ``MIRI_WIDGETS_TRIALS``, which the tests set to the number of the day.
    days : int
        Days after which every case has been made.

    Returns
    -------
    list
        As many of them each day, in their order; `days` days following each other give every case once.
    """
    day = day or DAY
    if day == "all":
        return cases
    at = int(day) % days
    return cases[at * len(cases) // days : (at + 1) * len(cases) // days]
