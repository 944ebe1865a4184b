"""Whether mosaics of a program share one grid."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from miri_widgets.products.names import MosaicName
from miri_widgets.products.scan import Mosaic

__all__ = ["mosaic_grids"]


_GRIDS = 4  # that a sentence names


_SAME_PIXELS = 0.01


def mosaic_grids(mosaics: Iterable[Mosaic]) -> tuple[str, ...]:
    """
    Return a sentence per program and target whose mosaics do not share one grid.

    Mosaics without a WCS are left out. Those of other targets or observations are of another field, which no grid has to hold.

    Parameters
    ----------
    mosaics : iterable of Mosaic
        The mosaics.
    """
    programs: dict[tuple[str, str], list[list[Mosaic]]] = defaultdict(list)
    for mosaic in mosaics:
        if not math.isfinite(mosaic.crval1 + mosaic.crval2 + mosaic.crpix1 + mosaic.crpix2 + mosaic.angle):
            continue
        grids = programs[mosaic.program, _field(mosaic)]
        for members in grids:
            if _same_grid(mosaic, members[0]):
                members.append(mosaic)
                break
        else:
            grids.append([mosaic])
    problems = []
    for (program, _), grids in sorted(programs.items()):
        if len(grids) > 1:
            grids.sort(key=lambda members: (-len(members), members[0].path))
            text = "; ".join(
                f"{members[0].nx} x {members[0].ny} pixels at {members[0].angle:.2f} degrees: "
                + ", ".join(
                    sorted({f"{member.path.parent.name}/{member.path.name}" for member in members})[:3]
                )
                + (" …" if len(members) > 3 else "")
                for members in grids[:_GRIDS]
            ) + f"; and {len(grids) - _GRIDS} more" * (len(grids) > _GRIDS)
            count = sum(map(len, grids))
            problems.append(
                f"{count} mosaics of program {program or 'unknown'} lie on {len(grids)} grids ({text}): they cannot be "
                "compared pixel by pixel; make them again with the stage Grid in the chain."
            )
    return tuple(problems)


def _field(mosaic: Mosaic) -> str:
    """What mosaics of one field share: observation and target of the archive's name, else the target of the header."""
    name = MosaicName.parse(mosaic.path)
    return f"{name.candidate}_{name.target}" if name else mosaic.target


def _same_grid(mosaic: Mosaic, other: Mosaic) -> bool:
    close = math.isclose
    return (
        (mosaic.nx, mosaic.ny) == (other.nx, other.ny)
        and close(mosaic.crpix1, other.crpix1, abs_tol=_SAME_PIXELS)
        and close(mosaic.crpix2, other.crpix2, abs_tol=_SAME_PIXELS)
        and close(mosaic.crval1, other.crval1, abs_tol=1e-7)
        and close(mosaic.crval2, other.crval2, abs_tol=1e-7)
        and close(mosaic.angle, other.angle, abs_tol=1e-3)
    )
