"""
The unmodified ``jwst.tweakreg`` as an instrument: what it did to each exposure, from the positions.

The step calls itself COMPLETE also for exposures that it left alone, and for those that it moved to a wrong place.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table
from jwst.tweakreg import TweakRegStep
from stdatamodels.jwst import datamodels

from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.errors import StepFailedError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.exposure import PIXEL_ARCSEC, psf_fwhm_pixels
from miri_widgets.products.names import root_of
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog, write_reference_catalog
from miri_widgets.steps.alignments import Alignment, AlignmentLog
from miri_widgets.steps.shifted_wcs import Shift, shift_between

__all__ = ["TweakregResult", "run_tweakreg", "tweakreg_preset"]

_ABSOLUTE = "987654"
"""The group that stcal makes of all exposures for the fit to an absolute catalogue."""


@dataclass(frozen=True)
class TweakregResult:
    """
    What tweakreg did to one exposure.

    Attributes
    ----------
    shift : Shift
        From the positions before and after.
    fit : Alignment
        The fit of its group to the other groups, as logged.
    whole : Alignment
        The fit of all exposures together to the absolute catalogue.
    cal_step : str
        What the step says of itself.
    """

    shift: Shift
    fit: Alignment
    whole: Alignment
    cal_step: str


def tweakreg_preset(filter_name: str) -> dict[str, Any]:
    """
    Return parameters of tweakreg for a MIRI filter.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.

    Notes
    -----
    * ``minsep_fwhm``: the stock finder takes knots and spikes of the PSF for stars (there are six to eighteen around
      each bright one, within six FWHM); pairs of knots then vote for shifts that are off by their distance.
    * ``snr_threshold``, ``roundhi``: positions of faint sources scatter, and galaxies are not round; long filters have
      few stars, and need every one.
    * ``minobj``: fifteen stars in the overlap of two tiles is more than long filters have; the offset histogram
      judges the fit afterwards.
    * ``brightest``: with 200 (the stock value) a dense tile compares other stars than its neighbour.
    """
    width = psf_fwhm_pixels(filter_name)
    short = width * PIXEL_ARCSEC < 0.45
    return {
        "kernel_fwhm": round(width, 2),
        "minsep_fwhm": 6.0 if short else 3.0,
        "snr_threshold": 15.0 if short else 8.0,
        "roundhi": 0.3,
        "sharplo": 0.4,
        "brightest": 400,
        "bkg_boxsize": 128,
        "minobj": 8 if short else 5,
        "abs_minobj": 8 if short else 5,
        "fitgeometry": "rshift" if short else "shift",
        "abs_fitgeometry": "rshift" if short else "shift",
        "expand_refcat": True,
    }


def run_tweakreg(
    files: Sequence[Path],
    groups: Mapping[str, str],
    *,
    filter_name: str,
    catalog: ReferenceCatalog | None = None,
    stars: Sequence[StarPositions] = (),
    parameters: Mapping[str, Any] | None = None,
) -> dict[str, TweakregResult]:
    """
    Align exposures by tweakreg and read off what became of them; no file is written.

    Parameters
    ----------
    files : sequence of Path
        The ``cal`` files of one filter.
    groups : mapping of str to str
        Group of each exposure by root: exposures of one group move together.
    filter_name : str
        Filter, for the preset.
    catalog : ReferenceCatalog, optional
        Positions; without it exposures are aligned to each other only.
    stars : sequence of StarPositions
        Positions to use instead of those of the step's own finder.
    parameters : mapping, optional
        Parameters of the step that replace those of `tweakreg_preset`.

    Returns
    -------
    dict of str to TweakregResult
        By root.

    Raises
    ------
    StepFailedError
        If the step raises.
    """
    values = {**tweakreg_preset(filter_name), **(parameters or {})}
    with tempfile.TemporaryDirectory(prefix="miri_widgets-") as scratch:
        values["abs_refcat"] = _reference(catalog, Path(scratch))
        if stars:
            values |= {"use_custom_catalogs": True, "catfile": _write_catalogs(files, stars, Path(scratch))}
        association = Path(scratch) / "tweakreg_asn.json"
        write_json(association, _association(files, groups))
        with _listening() as log:
            library = _call(association, values)
        with library:
            fits = {}
            for model in library:
                root = root_of(model.meta.filename)
                fits[root] = _result(model, files, root, log, groups)
                library.shelve(model, modify=False)
    return fits


def _call(association: Path, values: Mapping[str, Any]) -> Any:
    try:
        return TweakRegStep.call(
            str(association), save_results=False, in_memory=False, configure_log=False, **values
        )
    except OSError:  # a full disk is no failed alignment
        raise
    except Exception as error:  # the step and its libraries raise what they like when sources are few
        raise StepFailedError(
            f"tweakreg stopped ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__})",
            "an alignment",
            "change its parameters, or use the offset histogram alone",
        ) from error


def _reference(catalog: ReferenceCatalog | None, folder: Path) -> str:
    if catalog is None:
        return ""
    write_reference_catalog(catalog, folder / "reference.ecsv")
    return str(folder / "reference.ecsv")


def _association(files: Sequence[Path], groups: Mapping[str, str]) -> dict[str, Any]:
    members = [
        {"expname": str(path.resolve()), "exptype": "science", "group_id": groups[root_of(path)]}
        for path in sorted(files, key=lambda path: path.name)
    ]
    return {
        "asn_type": "image3",
        "asn_rule": "DMS_Level3_Base",
        "asn_id": "a3001",
        "asn_pool": "none",
        "products": [{"name": "shifts", "members": members}],
    }


def _write_catalogs(files: Sequence[Path], stars: Sequence[StarPositions], folder: Path) -> str:
    by_root = {star.root: star for star in stars}
    lines = []
    for path in files:
        star_list = by_root[root_of(path)]
        table = Table(
            {
                "id": np.arange(1, len(star_list) + 1),
                "xcentroid": star_list.x,
                "ycentroid": star_list.y,
                "flux": star_list.flux,
            }
        )
        name = f"{star_list.root}_stars.ecsv"
        table.write(folder / name, format="ascii.ecsv")
        lines.append(f"{path.name} {name}")
    (folder / "catalogs.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / "catalogs.txt")


def _result(
    model: Any, files: Sequence[Path], root: str, log: AlignmentLog, groups: Mapping[str, str]
) -> TweakregResult:
    path = next(path for path in files if root_of(path) == root)
    with datamodels.open(path) as before:
        shift = shift_between(before, model.meta.wcs)
    # exposures that are alone in their group are logged by their own name
    fit = log.groups.get(groups[root]) or log.of(root)
    return TweakregResult(
        shift, fit, log.groups.get(_ABSOLUTE, Alignment()), str(model.meta.cal_step.tweakreg or "")
    )


@contextmanager
def _listening() -> Iterator[AlignmentLog]:
    """Collect what tweakwcs logs, whatever is configured."""
    log = AlignmentLog()
    logger = logging.getLogger("tweakwcs")
    handler = _Feed(log)
    level = logger.level
    logger.addHandler(handler)
    if not logger.isEnabledFor(logging.INFO):
        logger.setLevel(logging.INFO)
    try:
        yield log
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Feed(logging.Handler):
    def __init__(self, log: AlignmentLog) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.feed(record.getMessage())
