"""
The step that lays one mosaic grid around exposures of all filters.

``strun miri_grid ASSOCIATION --output_dir=FOLDER`` writes the file that ``resample.output_wcs`` takes; no exposure is
changed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.steps.conditions import absent, rule, value
from miri_widgets.steps.members import member_files, product_root
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.mosaic_grid import grid_of_exposures, grid_report, write_grid
from miri_widgets.steps.stage import ChainPreset, RunCost, Scope, Stage

__all__ = ["STAGE", "MosaicGridStep"]

_SUFFIX = "grid"

log = logging.getLogger(f"stpipe.{__name__}")

STAGE = Stage(
    name="grid",
    title="Grid: one for all mosaics",
    summary="Lays one pixel grid around all exposures, which the mosaics of all filters and of later runs share.",
    methods="The mosaics of all filters were laid on one common pixel grid.",
    version=2,
    pipeline="miri_widgets.steps.grid.MosaicGridStep",
    scope=Scope.PROGRAM,
    takes="cal",
    gives=("grid",),
    main="grid",
    steps=("miri_grid",),
    essential=("pixel_scale", "rotation", "tightest", "centre", "size", "margin"),
    optional=True,
    shared=".asdf",
    of_field=True,
    after="image2",
    chain_presets=(ChainPreset.DITHERED_SKY, ChainPreset.TILE_SHIFTS, ChainPreset.EVERY_CORRECTION),
    acting=(rule(value("tightest", False), "rotation"), rule(absent("size"), "margin")),
    view="miri_widgets.panels.grid:GridPanel",
    cost=RunCost(0.35, 0.005, holds_all=False),
)


class MosaicGridStep(MiriStep):
    """Lay one pixel grid around exposures of all filters, for ``resample.output_wcs``."""

    class_alias = "miri_grid"

    spec = """
        pixel_scale = float(min=0.01, max=5, default=0.11)  # Size of a pixel. [arcsec]
        rotation = float(min=-360, max=360, default=0.0)  # Position angle of the y axis, from north through east. [deg]
        tightest = boolean(default=False)  # Take the rotation whose array is smallest instead.
        centre = float_list(min=2, max=2, default=None)  # RA and Dec of the middle; else that of all footprints. [deg]
        size = int_list(min=2, max=2, default=None)  # Width and height (x, y); else as small as holds everything. [pixels]
        margin = integer(min=0, max=10000, default=20)  # Pixels around the footprints, for shifts of 2 arcsec. [pixels]
    """

    def process(self, source: Any) -> list[Any]:
        """
        Lay the grid; nothing is returned to be saved, the file is written when results are.

        Parameters
        ----------
        source : str or list
            An association of ``cal`` files of any filters, a list of their names, or one of them. Only headers are
            read; their order does not matter.
        """
        files = member_files(source)
        exposures = [read_exposure(path, suffix="cal") for path in files]
        grid = grid_of_exposures(
            exposures,
            scale=self.pixel_scale,
            rotation=None if self.tightest else self.rotation,
            centre=_centre(self.centre),
            size=_size(self.size),
            margin=self.margin,
        )
        self.report = grid_report(grid, exposures)
        for line in self.report["warnings"]:
            log.warning("%s", line)
        if self.save_results:
            folder = Path(self.search_attr("output_dir", default="") or ".")
            write_grid(grid, folder / f"{product_root(source, _SUFFIX, files[0].name[:7])}_{_SUFFIX}.asdf")
        return []


def _centre(value: Any) -> tuple[float, float] | None:
    if not value:
        return None
    ra, dec = (float(part) for part in value)
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise ParameterError(
            f"the centre {ra:g}, {dec:g}", "RA from 0 to 360 and Dec from -90 to 90 degrees", "correct it"
        )
    return ra, dec


def _size(value: Any) -> tuple[int, int] | None:
    return (int(value[0]), int(value[1])) if value else None
