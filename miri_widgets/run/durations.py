"""Time spans for people."""

from __future__ import annotations

__all__ = ["duration", "short_duration"]


def duration(seconds: float | None) -> str:
    """
    Return a time span for people: ``42 s``, ``3 min 20 s``, ``1 h 05 min``; empty when unknown.

    Parameters
    ----------
    seconds : float or None
        Length, s; None when unknown.
    """
    if seconds is None:
        return ""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def short_duration(seconds: float) -> str:
    """
    Return a time span where there is little room: ``42 s``, ``3 min``, ``1.1 h``; empty when it is nothing.

    Parameters
    ----------
    seconds : float
        Length, s.
    """
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s" if whole else ""
    return f"{round(whole / 60)} min" if whole < 3570 else f"{whole / 3600:.1f} h"
