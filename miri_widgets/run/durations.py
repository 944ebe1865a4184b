"""Time spans for people."""

from __future__ import annotations

__all__ = ["duration"]


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
