"""
Shift the world coordinates of calibrated exposures: by numbers, or by the table of a program.

``strun miri_apply_shift jw..._cal.fits --shift_table=shifts.ecsv --output_dir=FOLDER``
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from miri_widgets.core.dq import BITS
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError
from miri_widgets.products.checks import shift_signs
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import ExposureName, root_of
from miri_widgets.products.tables.shift_tables import ShiftTable, read_shift_table
from miri_widgets.steps.conditions import absent, rule, value
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.model_arrays import model_times
from miri_widgets.steps.shifted_wcs import Shift, apply_shift, recorded_shift, undo_shift
from miri_widgets.steps.sip_keywords import SIP_LIMIT_MAS
from miri_widgets.steps.stage import ChainPreset, Chart, RunCost, Scope, Section, Stage, TimelineChart
from miri_widgets.steps.step_inputs import copied, is_single

__all__ = ["STAGE", "ApplyShiftStep"]

log = logging.getLogger(f"stpipe.{__name__}")

STAGE = Stage(
    name="apply_shift",
    title="Apply shifts: in every filter",
    summary="Moves the world coordinates of every exposure by the shift of its guide star.",
    methods="The world coordinates of the exposures were moved by the shifts of their guide stars.",
    version=3,
    pipeline="miri_widgets.steps.apply_shift.ApplyShiftStep",
    scope=Scope.EXPOSURE,
    takes="cal",
    gives=("cal",),
    main="cal",
    steps=("miri_apply_shift",),
    essential=("shift_table", "dx", "dy", "rotation", "undo"),
    optional=True,
    companions=(("shifts", "shift_table"),),
    of_field=True,
    # it would align each filter anew, and worse where stars are few
    prefers=(("image3", "tweakreg.skip", True),),
    one_of=("shift_table", "dx", "dy", "rotation", "undo"),
    after="shifts",
    chain_presets=(ChainPreset.TILE_SHIFTS,),
    acting=(
        rule(absent("shift_table"), "dx dy rotation"),
        rule(value("undo", False), "shift_table dx dy rotation sip_error_mas"),
    ),
    sections=(Section.APPLIED_SHIFTS,),
    charts=(
        Chart.APPLIED_SHIFTS,
        TimelineChart("dx", "dx that was applied", "arcsec"),
        TimelineChart("dy", "dy that was applied", "arcsec"),
    ),
    cost=RunCost(0.7),
)


class ApplyShiftStep(MiriStep):
    """Shift the world coordinates of exposures; the shift is recorded, and can be replaced and undone."""

    class_alias = "miri_apply_shift"

    spec = f"""
        shift_table = string(default='')  # Table of the program's shifts; its numbers replace those below.
        dx = float(min=-60, max=60, default=0.0)  # Shift along RA cos(Dec), in total. [arcsec]
        dy = float(min=-60, max=60, default=0.0)  # Shift along Dec, in total. [arcsec]
        rotation = float(min=-5, max=5, default=0.0)  # Rotation about the reference point, north through east. [deg]
        undo = boolean(default=False)  # Take the recorded shift back instead.
        sip_error_mas = float(min=0.001, max=100, default={SIP_LIMIT_MAS})  # Largest error of the SIP keywords. [mas]
    """

    def process(self, source: Any) -> Any:
        """
        Shift one exposure or several.

        Parameters
        ----------
        source : str, JwstDataModel, list, ModelLibrary
            A ``cal`` exposure, its file, an association, or several of them.

        Returns
        -------
        JwstDataModel or ModelLibrary
            As the input: one for one, a library for several. The input is not modified, unless it is a library.

        Raises
        ------
        BadTableError
            If the table has no shift for an exposure.
        WrongSuffixError
            If an exposure has no world coordinates of the detector.
        """
        self.note_inputs(source)
        self.report = {"exposures": {}, "warnings": []}
        for line in self._contradictions():
            self._warn(line)
        if is_single(source):
            result = copied(source)
            self._shift(result)
            return result
        library = self.opened_library(source)
        with library:
            for model in library:
                self._shift(model)
                library.shelve(model, modify=True)
        return library

    def _shift(self, model: Any) -> None:
        root = root_of(model.meta.filename or "")
        before = recorded_shift(model)
        shift, note, out = Shift(), "", False
        if self.undo:
            undo_shift(model)
            fit = None
        else:
            shift, note, out = self._wanted(model)
            fit = apply_shift(model, shift, sip_limit_mas=self.sip_error_mas)
        facts: dict[str, Any] = {
            "dx": shift.dx,
            "dy": shift.dy,
            "rotation": shift.rotation,
            "changed": before is not None if self.undo else fit is not None,
            "leaves_mosaics": out,
        }
        if out:
            _leave_mosaics(model)
        if fit is not None:
            facts |= {"sip_degree": fit.degree, "sip_error_mas": fit.error_mas}
            if not fit.error_mas <= self.sip_error_mas:
                self._warn(f"the SIP keywords of {root} are off the gWCS by {fit.error_mas:.2f} mas")
        if note:
            self._warn(f"{root}: {note}")
        log.info(
            "%s: shift (%+.4f, %+.4f) arcsec %s",
            root,
            shift.dx,
            shift.dy,
            "" if facts["changed"] else "as it was",
        )
        self.report["exposures"][root] = facts

    def _warn(self, line: str) -> None:
        log.warning("%s", line)
        self.report["warnings"].append(line)

    def _contradictions(self) -> tuple[str, ...]:
        """Return what the table's own rows say against each other."""
        path = Path(self.shift_table or "")
        return shift_signs(_table(path, path.stat().st_mtime_ns)) if path.is_file() else ()

    def _wanted(self, model: Any) -> tuple[Shift, str, bool]:
        """Return the shift of an exposure, what the user must know of it, and whether it leaves the mosaics."""
        if not self.shift_table:
            return Shift(self.dx, self.dy, self.rotation, "numbers given to the step"), "", False
        path = Path(self.shift_table)
        exposure = _facts(model)
        row = _table(path, path.stat().st_mtime_ns if path.is_file() else 0).shift_for(
            exposure, str(model.meta.instrument.filter)
        )
        if row is None:
            raise BadTableError(
                f"{shown_name(path)} has no shift for {exposure.root} (guide star {exposure.guide_star or 'unknown'})",
                "a row for its visit and guide star",
                "measure the shifts with this exposure, or add a row",
            )
        if row.leaves_mosaics:
            return (
                Shift(0.0, 0.0, 0.0, f"{path.name}: no shift"),
                "it leaves the mosaics (all its pixels are DO_NOT_USE): its world coordinates disagree with the other exposures "
                "on its guide star, and no overlap corrects them",
                True,
            )
        if not row.known:
            return (
                Shift(0.0, 0.0, 0.0, f"{path.name}: no shift"),
                (
                    f"no shift is applied, its position stays that of the header: {row.group.name} is {row.verdict} "
                    f"({row.reason}; it takes {row.source})"
                ),
                False,
            )
        note = (
            "" if row.verdict == Verdict.PASS else f"its shift is {row.verdict} ({row.reason}; {row.source})"
        )
        return Shift(row.dx, row.dy, row.rotation, f"{path.name} {row.filter}".strip()), note, False


def _leave_mosaics(model: Any) -> None:
    """Flag every pixel of an exposure DO_NOT_USE, so that it adds nothing to a mosaic."""
    model.dq = np.asarray(model.dq) | np.uint32(1 << BITS["DO_NOT_USE"])
    model.add_history_entry("miri_widgets: all pixels DO_NOT_USE, since its world coordinates are wrong")


@dataclass(frozen=True)
class _Facts:
    """What the table asks of an exposure."""

    root: str
    program: str
    observation: str
    visit: str
    guide_star: str
    start_mjd: float


def _facts(model: Any) -> _Facts:
    name = ExposureName.parse(model.meta.filename)
    return _Facts(
        name.root,
        name.program,
        name.observation,
        name.visit,
        str(model.meta.guidestar.gs_id or "").strip(),
        model_times(model)[0],
    )


@lru_cache(maxsize=4)
def _table(path: Path, changed: int) -> ShiftTable:
    return read_shift_table(path)
