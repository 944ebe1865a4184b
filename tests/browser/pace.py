"""
How long browser tests wait: every limit is a time for a machine at rest, times the pace of this machine.

A limit costs nothing when the thing comes, so that all are generous. No other module here has a limit of its own: pages
and expectations have the usual one (see `use_limits`), and what takes longer names it.
"""

from __future__ import annotations

import hashlib
import os
import time
from functools import cache

from playwright.sync_api import BrowserContext, Page, expect

__all__ = ["REDUCTION", "USUAL", "limit", "limit_ms", "pace", "use_limits"]

USUAL = 150.0
"""Seconds at rest for anything that a page shows, its kernel and its viewer included; it takes 3 to 20."""

REDUCTION = 600.0
"""Seconds at rest for the whole reduction of a small program; it takes 60 to 120."""

SLOWEST = 6.0
"""The pace that limits follow at most: 15 minutes for a page, so that a test that waits in vain ends."""

_JOB_AT_REST = 0.1
"""Seconds that `_job` takes on a core of 2020 that does nothing else."""


@cache
def measured_pace() -> float:
    """How many times longer than on a machine at rest a small job takes; measured once, at the first call."""
    began = time.perf_counter()
    _job()
    return (time.perf_counter() - began) / _JOB_AT_REST


def pace() -> float:
    """
    How many times longer than on a machine at rest things may take, between 1 and `SLOWEST`.

    The larger of `measured_pace` and of the processes that now wait for each core: other work may begin after the start.
    """
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(max(1.0, measured_pace(), crowd), SLOWEST)


def limit(seconds: float = USUAL) -> float:
    """Return a limit [s] that takes `seconds` on a machine at rest."""
    return seconds * pace()


def limit_ms(seconds: float = USUAL) -> float:
    """Return `limit` in Playwright's unit, ms."""
    return 1000.0 * limit(seconds)


def use_limits(place: Page | BrowserContext | None = None) -> None:
    """Give expectations, and all that is done and looked for in a page or a context, the usual limit."""
    expect.set_options(timeout=limit_ms())
    if place is not None:
        place.set_default_timeout(limit_ms())
        place.set_default_navigation_timeout(limit_ms())


def _job() -> None:
    """Do work that is the same everywhere."""
    text = b"x"
    for _ in range(90_000):
        text = hashlib.blake2b(text).digest()
