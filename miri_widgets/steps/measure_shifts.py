"""
Measure the shifts of exposures, twice: by the official tweakreg, and by offset histograms of our own positions.

``strun miri_measure_shifts ASSOCIATION --output_dir=FOLDER`` writes one table; no exposure is changed.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.time import Time
from stdatamodels.jwst import datamodels

from miri_widgets.core.shifts.displaced_exposures import Displaced, displaced_offsets, find_displaced
from miri_widgets.core.shifts.groups import group_exposures
from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.core.shifts.offset_histogram import Offset
from miri_widgets.core.shifts.star_overlaps import believed_overlaps, pair_offsets
from miri_widgets.core.shifts.star_positions import StarPositions, find_stars
from miri_widgets.core.tangent_plane import mean_position
from miri_widgets.errors import InputError, StepFailedError
from miri_widgets.products.association import require_one
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.names import root_of
from miri_widgets.products.tables.exposure_shifts import ExposureShift, ExposureShifts, write_exposure_shifts
from miri_widgets.products.tables.reference_catalogs import (
    ReferenceCatalog,
    read_reference_catalog,
    require_field,
)
from miri_widgets.steps.members import member_files
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.model_arrays import exposure_arrays_of
from miri_widgets.steps.online_catalogs import ONLINE_CATALOGS, fetch_catalog
from miri_widgets.steps.shift_estimates import (
    catalog_estimates,
    group_estimate,
    group_turns,
    tweakreg_estimate,
)
from miri_widgets.steps.tweakreg_shifts import TweakregResult, run_tweakreg

__all__ = ["MeasureShiftsStep", "MeasuredField", "measure_field", "measure_shifts", "star_positions"]

_FIELD_ARCMIN = 3.0
"""Radius around the exposures within which an absolute catalogue must have sources: the imager's diagonal, twice."""
_FEW_STARS = 8

log = logging.getLogger(f"stpipe.{__name__}")


@dataclass(frozen=True, eq=False)
class MeasuredField:
    """
    The measured shifts, and what they were measured on.

    Attributes
    ----------
    shifts : ExposureShifts
        The two estimates of each exposure, and the overlaps.
    stars : tuple of StarPositions
        Of each exposure, in the same order.
    catalog : ReferenceCatalog or None
        Absolute positions at the epoch of the exposures; None when shifts are relative.
    exposures : tuple of Exposure
        Header facts, in the same order.
    offsets : mapping of (str, str) to Offset
        Of every two exposures of different groups that see the same stars, with their histograms.
    search_radius : float
        Largest shift that was looked for, arcsec.
    displaced : tuple of Displaced
        Exposures whose world coordinates disagree with those of the others on their guide star.
    """

    shifts: ExposureShifts
    stars: tuple[StarPositions, ...]
    catalog: ReferenceCatalog | None
    exposures: tuple[Exposure, ...]
    offsets: Mapping[tuple[str, str], Offset]
    search_radius: float
    displaced: tuple[Displaced, ...] = ()


def star_positions(files: Sequence[Path]) -> tuple[StarPositions, ...]:
    """
    Find the stars of calibrated exposures, one at a time in memory, with the finder of their filter.

    Parameters
    ----------
    files : sequence of Path
        The exposures (cal).
    """
    positions = []
    for path in sorted(files, key=lambda path: Path(path).name):
        with datamodels.open(path) as model:
            positions.append(find_stars(exposure_arrays_of(model)))
    return tuple(positions)


def measure_shifts(files: Sequence[Path], **choices: Any) -> ExposureShifts:
    """
    Return the ``shifts`` of `measure_field`, which takes the same arguments.

    Parameters
    ----------
    files : sequence of Path
        The exposures (cal).
    **choices : object
        Keyword arguments of `measure_field`.
    """
    return measure_field(files, **choices).shifts


def measure_field(
    files: Sequence[Path],
    *,
    groups: Mapping[str, str] | None = None,
    catalog: str = "",
    catalog_epoch: float | None = None,
    search_radius: float = 3.0,
    together: bool = True,
    own_stars: bool = True,
    rotation: bool = True,
    parameters: Mapping[str, Any] | None = None,
) -> MeasuredField:
    """
    Measure the shifts of the exposures of one filter. No exposure is changed.

    Parameters
    ----------
    files : sequence of Path
        ``cal`` files of one filter, in any order.
    groups : mapping of str to str, optional
        Group of each exposure by root; by default visit and guide star of the headers.
    catalog : str
        File of an absolute catalogue, or one of `ONLINE_CATALOGS`; empty for shifts relative to each other.
    catalog_epoch : float, optional
        See `read_reference_catalog`.
    search_radius : float
        Largest shift, arcsec.
    together : bool
        Whether tweakreg moves the exposures of a group as one; else each by itself.
    own_stars : bool
        Whether tweakreg gets our star positions; else those of its own finder.
    rotation : bool
        Whether groups will be rotated too: the overlaps are then given as they are after that.
    parameters : mapping, optional
        Other parameters of tweakreg.

    Raises
    ------
    InputError, MissingFileError, BadTableError
        If exposures or catalogue cannot be used, or a catalogue online cannot be had.

    Notes
    -----
    When tweakreg itself fails, as it does with too few sources, its estimates are marked as failed, the reason is
    among the notes, and the offset histograms stand alone.
    """
    exposures = [read_exposure(Path(path), suffix="cal") for path in files]
    filter_name = require_one(exposures, "filter")
    owners = dict(groups) if groups else _owners(exposures)
    stars = star_positions(files)
    table = _catalog(catalog, catalog_epoch, exposures, stars)
    displaced = find_displaced(stars, owners)
    away = {root: part for part in displaced for root in part.roots}
    owners |= {root: part.name for root, part in away.items()}
    offsets = pair_offsets(stars, owners, search_radius=search_radius) | displaced_offsets(displaced, stars)
    used = owners if together else dict(zip(owners, owners, strict=True))
    results, failure = _tweakreg(
        # what is arcseconds off would be moved to a wrong place, and move others
        [path for path in files if root_of(path) not in away],
        used,
        filter_name=filter_name,
        catalog=table,
        stars=stars if own_stars else (),
        parameters={"searchrad": search_radius, "abs_searchrad": search_radius, **(parameters or {})},
    )
    counts = Counter(used.values())
    reference = next((owners[root] for root, result in sorted(results.items()) if result.fit.reference), "")
    roots = [star.root for star in stars]
    first = [
        tweakreg_estimate(
            root, owners[root], results.get(root), bool(catalog), counts[used[root]], len(counts)
        )
        for root in roots
    ]
    centres = {exposure.root: (exposure.ra, exposure.dec) for exposure in exposures}
    second = catalog_estimates(stars, owners, table, search_radius, centres) if table is not None else []
    turns = group_turns(second or first, centres) if rotation else None
    overlaps = believed_overlaps(offsets, references=centres, turns=turns)
    second = second or [group_estimate(star.root, owners, overlaps, offsets, reference) for star in stars]
    shifts = tuple(
        _joined(star, mine, other, results.get(star.root))
        for star, mine, other in zip(stars, first, second, strict=True)
    )
    notes = (*failure, *_displacements(displaced, offsets), *_notes(shifts))
    measured = _table_of(filter_name, table, "" if catalog else reference, shifts, overlaps, notes)
    headers = tuple(sorted(exposures, key=lambda exposure: roots.index(exposure.root)))
    return MeasuredField(measured, stars, table, headers, offsets, search_radius, displaced)


def _table_of(
    filter_name: str,
    table: ReferenceCatalog | None,
    reference: str,
    shifts: tuple[ExposureShift, ...],
    overlaps: tuple[Overlap, ...],
    notes: tuple[str, ...],
) -> ExposureShifts:
    name, own = (table.name, table.notes) if table is not None else ("", ())
    return ExposureShifts(filter_name, name, reference, shifts, overlaps, (*own, *notes))


class MeasureShiftsStep(MiriStep):
    """Measure by how much exposures are shifted, to each other or to an absolute catalogue; write one table."""

    class_alias = "miri_measure_shifts"

    spec = """
        catalog = string(default='')  # File with RA and Dec to align to, or GAIADR3 (needs a network); empty: to each other.
        catalog_epoch = float(default=None)  # Year of the catalogue's positions, when the file does not say. [yr]
        search_radius = float(min=0.5, max=30, default=3.0)  # Largest shift that is looked for. [arcsec]
        together = boolean(default=True)  # Exposures of one visit and guide star move as one.
        own_stars = boolean(default=True)  # tweakreg takes our star positions; else those of its own finder.
        rotation = boolean(default=True)  # Groups will be rotated too, not only shifted.
        suffix = string(default='shifts')  # Ending of the table's name.
    """

    def process(self, source: Any) -> list[Any]:
        """
        Measure; nothing is returned to be saved, the table is written when results are.

        Parameters
        ----------
        source : str
            An association of ``cal`` files; or a list of their names.
        """
        files = member_files(source)
        measured = measure_shifts(
            files,
            catalog=str(self.catalog or ""),
            catalog_epoch=self.catalog_epoch,
            search_radius=self.search_radius,
            together=self.together,
            own_stars=self.own_stars,
            rotation=self.rotation,
        )
        for line in measured.notes:
            log.warning("%s", line)
        self.report = {
            "filter": measured.filter,
            "catalog": measured.catalog,
            "reference": measured.reference,
            "exposures": len(measured.exposures),
            "overlaps": len(measured.overlaps),
            "warnings": list(measured.notes),
        }
        if self.save_results:
            folder = Path(self.search_attr("output_dir", default="") or ".")
            name = f"{files[0].name[:7]}_{measured.filter.lower()}_{self.suffix}.ecsv"
            write_exposure_shifts(measured, folder / name)
        return []


def _displacements(
    displaced: Sequence[Displaced], offsets: Mapping[tuple[str, str], Offset]
) -> tuple[str, ...]:
    """Sentences about exposures with wrong world coordinates, and about overlaps where two offsets fit."""
    texts = tuple(part.text for part in displaced)
    doubtful = [pair for pair, offset in sorted(offsets.items()) if offset.ambiguous]
    if not doubtful:
        return texts
    offset = offsets[doubtful[0]]
    return (
        *texts,
        f"{len(doubtful)} overlaps are not used, since two offsets fit alike in each (as ({offset.dx:+.3f}, {offset.dy:+.3f}) and "
        f"({offset.runner_up_shift[0]:+.3f}, {offset.runner_up_shift[1]:+.3f}) arcsec of {' and '.join(doubtful[0])})",
    )


def _owners(exposures: Sequence[Exposure]) -> dict[str, str]:
    return {root: group.name for group in group_exposures(exposures) for root in group.roots}


def _tweakreg(
    files: Sequence[Path], groups: Mapping[str, str], **named: Any
) -> tuple[dict[str, TweakregResult], tuple[str, ...]]:
    """Return what tweakreg did, or nothing and the reason."""
    try:
        return run_tweakreg(files, groups, **named), ()
    except StepFailedError as error:
        return {}, (str(error),)


def _joined(
    stars: StarPositions, first: Measurement, second: Measurement, result: TweakregResult | None
) -> ExposureShift:
    if result is None:
        return ExposureShift(first, second, len(stars))
    return ExposureShift(first, second, len(stars), result.fit.used or None, result.cal_step)


def _catalog(
    catalog: str,
    catalog_epoch: float | None,
    exposures: Sequence[Exposure],
    stars: Sequence[StarPositions],
) -> ReferenceCatalog | None:
    """Return the catalogue in the field at the epoch of the exposures, from a file or online."""
    if not catalog:
        return None
    ra, dec = mean_position([exposure.ra for exposure in exposures], [exposure.dec for exposure in exposures])
    if not any(len(star) for star in stars):
        raise InputError(
            "the exposures show no stars", "stars to align", "use the shifts of a shorter filter"
        )
    dated = [exposure.start_mjd for exposure in exposures if math.isfinite(exposure.start_mjd)]
    epoch = float(Time(np.median(dated), format="mjd").jyear) if dated else math.nan
    reach = (
        max(math.hypot((exposure.ra - ra + 180) % 360 - 180, exposure.dec - dec) for exposure in exposures)
        + _FIELD_ARCMIN / 60
    )
    if catalog.upper() in ONLINE_CATALOGS:
        if not dated:
            raise InputError(
                "the exposures say no date (EXPSTART, MJD-BEG, DATE-BEG, DATE-OBS)",
                f"the date to which {catalog.upper()} moves its stars",
                "take the files as the archive gives them, or give a file with the catalogue",
            )
        return fetch_catalog(catalog.upper(), ra, dec, reach, epoch)
    return require_field(
        read_reference_catalog(Path(catalog), epoch=epoch, catalog_epoch=catalog_epoch), ra, dec, reach
    )


def _notes(shifts: Sequence[ExposureShift]) -> tuple[str, ...]:
    notes = [
        f"{shift.root} has {shift.stars} stars, too few for a shift of its own: believe its group, not it"
        for shift in shifts
        if shift.stars < _FEW_STARS
    ]
    for status, text in (
        (Status.FAILED, "was not corrected by tweakreg, though it says"),
        (Status.SHARED, "got only the shift of all exposures together, though tweakreg says"),
    ):
        notes += [
            f"{shift.root} {text} {shift.cal_step or 'nothing'}"
            for shift in shifts
            if shift.tweakreg.status == status
        ]
    notes += [
        f"the shift of {shift.root} is ambiguous: ({shift.histogram.dx:+.3f}, {shift.histogram.dy:+.3f}) and "
        f"({shift.histogram.alternative[0]:+.3f}, {shift.histogram.alternative[1]:+.3f}) arcsec fit alike, none is believed"
        for shift in shifts
        if shift.histogram.status == Status.AMBIGUOUS
    ]
    notes += [
        f"the two estimates of {shift.root} differ by {shift.disagreement * 1000:.0f} mas"
        for shift in shifts
        if shift.disagreement > 0.05
    ]
    if shifts and all(shift.histogram.status == Status.FAILED for shift in shifts):
        notes.append(
            "no offset stands out of chance pairs: the wrong catalogue, or shifts beyond the search radius"
        )
    return tuple(notes)
