"""Exposures that are rejected on the contact sheet, in words."""

from __future__ import annotations

from collections.abc import Sequence

from miri_widgets.products.exposure import Exposure

__all__ = ["rejected_note"]

_NAMED = 8
"""Exposures that a sentence names."""


def rejected_note(rejected: Sequence[Exposure], count: int) -> str:
    """
    Return what a mosaic leaves out, as a sentence.

    Parameters
    ----------
    rejected : sequence of Exposure
        The rejected exposures of one filter; at least one.
    count : int
        How many exposures of the filter there are.
    """
    name = rejected[0].filter
    if len(rejected) == count:
        subject = "The only exposure" if count == 1 else f"All {count} exposures"
        are = "is" if count == 1 else "are"
        return f"{subject} of {name} {are} rejected on the contact sheet: this filter has no mosaic."
    labels = [f"tile {exposure.tile or '?'} dither {exposure.dither}" for exposure in rejected[:_NAMED]]
    if len(rejected) > _NAMED:
        labels.append(f"{len(rejected) - _NAMED} more")
    return (
        f"The mosaic of {name} leaves out {len(rejected)} of {count} exposures, rejected on the contact sheet: "
        f"{', '.join(labels)}."
    )
