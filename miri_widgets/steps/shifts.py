"""
The shifts of a program's tiles: measured in one filter, solved, judged, and written as the table for all filters.

``strun miri_shifts ASSOCIATION --output_dir=FOLDER`` writes two tables; no exposure is changed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from miri_widgets.core.shifts.choices import TrustedShift, trust_shifts
from miri_widgets.core.shifts.displaced_exposures import displaced_groups
from miri_widgets.core.shifts.groups import Group, group_exposures
from miri_widgets.core.shifts.judgement import ShiftRun, trust_run
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.core.shifts.reference_filter import choose_reference_filter
from miri_widgets.core.shifts.regrouping import regroup
from miri_widgets.core.shifts.solution import LEFT_OUT_BY_USER
from miri_widgets.core.shifts.transfers import transfer_shifts
from miri_widgets.core.shifts.verdicts import Limits, Verdict
from miri_widgets.errors import InputError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.names import root_of
from miri_widgets.products.tables.exposure_shifts import ExposureShift, write_exposure_shifts
from miri_widgets.products.tables.reference_catalogs import write_reference_catalog
from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table
from miri_widgets.steps.conditions import given, is_not, rule
from miri_widgets.steps.measure_shifts import MeasuredField, MeasureShiftsStep, measure_field
from miri_widgets.steps.members import member_files, product_root
from miri_widgets.steps.online_catalogs import ONLINE_CATALOGS
from miri_widgets.steps.shift_report import shift_report
from miri_widgets.steps.stage import ChainPreset, RunCost, Scope, Stage

__all__ = ["STAGE", "ShiftsStep", "measurements_to_solve"]

log = logging.getLogger(f"stpipe.{__name__}")

_FAIL_MATCHES = Limits().matches[1] / Limits().matches[0]
_FAIL_SIGNIFICANCE = Limits().significance[1] / Limits().significance[0]

STAGE = Stage(
    name="shifts",
    title="Shifts: tiles by guide star",
    summary="Measures how far the tiles of each guide star are off, in one filter, and judges each shift.",
    methods="The shifts of the tiles of each guide star were measured in one filter and assessed.",
    version=5,
    pipeline="miri_widgets.steps.shifts.ShiftsStep",
    scope=Scope.PROGRAM,
    takes="cal",
    gives=("shifts",),
    main="shifts",
    steps=("miri_shifts",),
    essential=(
        "reference_filter",
        "catalog",
        "catalog_epoch",
        "search_radius",
        "rotation",
        "regroup",
        "other_guide_stars",
        "min_matches",
        "min_significance",
    ),
    optional=True,
    shared=".ecsv",
    of_field=True,
    by_reference=True,
    after="level_match",
    chain_presets=(ChainPreset.TILE_SHIFTS,),
    acting=(
        rule(given("catalog"), "catalog_epoch"),
        rule(
            is_not("catalog", "GAIADR3", "GAIADR2", "GAIADR1", "GAIAREFCAT"),
            "catalog_epoch",
            "The service gives positions at the time of the exposures.",
        ),
    ),
    view="miri_widgets.panels.shifts:ShiftsPanel",
    cost=RunCost(2.0, 3.6, 0.0, 0.0),
)


class ShiftsStep(MeasureShiftsStep):
    """Measure how far the tiles of each guide star are off, in one filter; judge it, and write the program's table."""

    class_alias = "miri_shifts"

    spec = """
        reference_filter = string(default='')  # Filter to measure in, as F770W; empty: the shortest of those with most guide stars.
        regroup = string_list(default=list())  # Other groups: 'merge GROUP GROUP', 'split GROUP EXPOSURE EXPOSURE'.
        min_matches = float(min=2, max=1000, default=10)  # Fewer matched stars in the typical exposure are weak, half as many fail.
        other_guide_stars = boolean(default=False)  # Give a group without a believed shift the mean of those on other guide stars, if they agree.
        min_significance = float(min=1, max=100, default=7)  # Lower peaks of the offset histogram are weak, below 5/7 of it they fail. [sigma]
    """

    def process(self, source: Any) -> list[Any]:
        """
        Measure, solve and judge; nothing is returned to be saved, the tables are written when results are.

        Parameters
        ----------
        source : str or list
            An association of ``cal`` files or a list of their names. Of any filters: other ones than the reference are
            measured only when the shift of one of their groups is not believed, and fill in for it.

        Notes
        -----
        The table is ``NAME_shifts.ecsv``, with NAME that of the association or the program; what was measured of each
        exposure is ``NAME_shifts_measured.ecsv``, and ``NAME_shifts_measured_FILTER.ecsv`` of other filters; what a
        catalogue online gave is ``NAME_shifts_catalog.ecsv``.
        """
        files = member_files(source)
        exposures = [read_exposure(path, suffix="cal") for path in files]
        reference = choose_reference_filter(exposures, FILTERS, self.reference_filter.strip().upper())
        # before an hour of measuring
        groups = regroup(group_exposures(exposures), self.regroup)
        by_filter: dict[str, list[Path]] = {}
        for exposure in sorted(
            exposures, key=lambda exposure: (FILTERS.index(exposure.filter), exposure.root)
        ):
            by_filter.setdefault(exposure.filter, []).append(exposure.path)
        field, run = self._measured(by_filter.pop(reference), reference, groups)
        run, others, notes = self._completed(run, by_filter, groups)
        table = _table(run, field, exposures[0].program, notes)
        warnings = [*_alone(field), *_unbelieved(run), *field.shifts.notes, *notes]
        for line in warnings:
            log.warning("%s", line)
        self.report = shift_report(run, field, warnings)
        if self.save_results:
            self._save(
                table, (field, *others), product_root(source, self.suffix, f"jw{exposures[0].program}")
            )
        return []

    def _measured(
        self, files: Sequence[Path], filter_name: str, groups: Sequence[Group]
    ) -> tuple[MeasuredField, ShiftRun]:
        """Measure, solve and judge in one filter."""
        field = measure_field(
            files,
            groups={root: group.name for group in groups for root in group.roots},
            catalog=str(self.catalog or ""),
            catalog_epoch=self.catalog_epoch,
            search_radius=self.search_radius,
            together=self.together,
            own_stars=self.own_stars,
            rotation=self.rotation,
        )
        run = trust_run(
            measurements_to_solve(field.shifts.exposures),
            displaced_groups(groups, field.displaced),
            overlaps=field.shifts.overlaps,
            second=_second(field.shifts.exposures),
            reference=field.shifts.reference or None,
            rotation=self.rotation,
            filter_name=filter_name,
            limits=self._limits(),
            other_guide_stars=self.other_guide_stars,
            find_shared=False,  # the fits themselves show what was only shared
        )
        return field, run

    def _completed(
        self, run: ShiftRun, by_filter: Mapping[str, Sequence[Path]], groups: Sequence[Group]
    ) -> tuple[ShiftRun, list[MeasuredField], list[str]]:
        """Measure in other filters, the shortest first, as long as a group there is that is not believed."""
        taken: list[TrustedShift] = []
        fields: list[MeasuredField] = []
        notes: list[str] = []
        for name, files in by_filter.items():
            roots = {root_of(path) for path in files}
            known = {shift.group.name for shift in taken}
            lacking = [shift.group for shift in run.shifts if not shift.own and shift.group.name not in known]
            if not any(roots & set(group.roots) for group in lacking):
                continue
            log.info("%s is measured too, for groups that are not believed", name)
            try:
                field, other = self._measured(files, name, groups)
            except InputError as error:  # no stars in this filter is no reason to give up the first
                notes.append(f"{name} was of no help: {error}")
                continue
            fields.append(field)
            transfer = transfer_shifts(other, run, self._limits())
            taken += [shift for shift in transfer.shifts if shift.group in lacking]
            notes += transfer.notes
        shifts = trust_shifts(
            [shift.group for shift in run.shifts],
            run.solution.shifts,
            run.judgements,
            filter_name=_filter_of(run),
            shorter=taken,
            other_guide_stars=self.other_guide_stars,
        )
        return replace(run, shifts=shifts), fields, notes

    def _limits(self) -> Limits:
        return Limits(
            matches=(self.min_matches, _FAIL_MATCHES * self.min_matches),
            significance=(self.min_significance, _FAIL_SIGNIFICANCE * self.min_significance),
        )

    def _save(self, table: ShiftTable, fields: Sequence[MeasuredField], root: str) -> None:
        folder = Path(self.search_attr("output_dir", default="") or ".")
        write_shift_table(table, folder / f"{root}_{self.suffix}.ecsv")
        for field in fields:
            other = "" if field is fields[0] else f"_{field.shifts.filter.lower()}"
            write_exposure_shifts(field.shifts, folder / f"{root}_{self.suffix}_measured{other}.ecsv")
        if (catalog := fields[0].catalog) is not None and catalog.name in ONLINE_CATALOGS:
            # what a service gave once can be given again, as a file
            write_reference_catalog(catalog, folder / f"{root}_{self.suffix}_catalog.ecsv")
        log.info("Saved %s_%s.ecsv", root, self.suffix)


def measurements_to_solve(exposures: Sequence[ExposureShift]) -> tuple[Measurement, ...]:
    """
    Return one measurement of each exposure: that of tweakreg; that of the offset histogram where tweakreg failed.

    Parameters
    ----------
    exposures : sequence of ExposureShift
        Measurements of exposures.

    Notes
    -----
    Both refer to the same zero point. That of tweakreg is given the significance that the histogram found, for a fit
    of neighbours tells nothing about chance. An exposure that others were aligned to has no matches of its own: it
    is given those that the others had, typically.
    """
    others = [
        exposure.tweakreg.matches or 0
        for exposure in exposures
        if exposure.tweakreg.status is Status.MEASURED
    ]
    measurements = []
    for exposure in exposures:
        first, second = exposure.tweakreg, exposure.histogram
        if second.status is Status.AMBIGUOUS or (second.usable and not first.usable):
            # neighbours that were paired first are no answer where two offsets fit
            measurements.append(second)
        elif first.status is Status.REFERENCE and first.relative:
            matches = round(median(others)) if others else None
            measurements.append(replace(first, matches=matches, rms=math.nan, significance=math.nan))
        elif second.usable or not second.relative:
            measurements.append(
                replace(
                    first,
                    significance=second.significance,
                    joint_matches=second.joint_matches,
                    lever=second.lever,
                    common_sigma=second.common_sigma,
                )
            )
        else:  # without an overlap there is no histogram, which says nothing against a relative shift
            measurements.append(first)
    return tuple(measurements)


def _second(exposures: Sequence[ExposureShift]) -> tuple[Measurement, ...]:
    """Return the histograms of exposures that have both estimates; none when none has."""
    return tuple(
        exposure.histogram for exposure in exposures if exposure.tweakreg.usable and exposure.histogram.usable
    )


def _alone(field: MeasuredField) -> list[str]:
    if field.shifts.catalog or len({exposure.group for exposure in field.shifts.exposures}) > 1:
        return []
    return ["All exposures are on one guide star: without a catalogue there is nothing to align them to."]


def _unbelieved(run: ShiftRun) -> list[str]:
    notes = []
    for shift in run.shifts:
        solved = run.solution.shifts.get(shift.group.name)
        if solved and shift.own:
            # an exposure that is elsewhere than its group would go into the mosaic unseen
            notes += [
                f"{root} gets the shift of its group, though by itself it {reason}"
                for root, reason in solved.left_out
                if reason != LEFT_OUT_BY_USER
            ]
        if shift.verdict != Verdict.PASS:
            taken = "" if shift.own else f"; it gets {shift.source}"
            notes.append(f"{shift.group.name} is {shift.verdict}: {shift.reason}{taken}")
    return notes


def _filter_of(run: ShiftRun) -> str:
    return run.shifts[0].filter if run.shifts else ""


def _table(run: ShiftRun, field: MeasuredField, program: str, notes: Sequence[str]) -> ShiftTable:
    names = ("miri_widgets", "jwst", "tweakwcs")
    return ShiftTable(
        run.shifts,
        program=program,
        reference_catalog=field.shifts.catalog,
        made_by=f"the step {ShiftsStep.class_alias}",
        versions={name: version(name) for name in names},
        notes=tuple(dict.fromkeys((run.solution.gauge, *run.solution.notes, *field.shifts.notes, *notes))),
    )
