"""A few numbers about what a stage has made, read from its products in a fraction of a second."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS

from miri_widgets.core.dq import has
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.fits_reader import read_headers, read_image
from miri_widgets.products.names import ExposureName, root_of, suffix_of
from miri_widgets.steps.alignments import AlignmentLog
from miri_widgets.steps.stages import Stage

__all__ = ["facts_of"]

_MAS_PER_DEGREE = 3.6e6
_IMAGES = ("rate", "cal", "i2d")


def facts_of(
    stage: Stage,
    exposures: Sequence[Exposure],
    output: Path,
    products: Sequence[str],
    alignments: AlignmentLog,
) -> dict[str, Any]:
    """
    Return what a list of runs shows beside each.

    Parameters
    ----------
    stage : Stage
        The stage.
    exposures : sequence of Exposure
        Its inputs.
    output : Path
        Folder of the products.
    products : sequence of str
        Their names.
    alignments : AlignmentLog
        What the log said of the alignment.

    Returns
    -------
    dict
        ``shape`` (ny, nx), ``unit``, ``median`` and ``unusable_fraction`` of the
        stage's main image; for detector1 ``saturated_fraction`` and
        ``jump_fraction``, of pixels so flagged in the rate product; for image3
        ``sources`` and ``shifts``, one entry per exposure.
    """
    by_suffix: dict[str, list[Path]] = {}
    for name in products:
        by_suffix.setdefault(suffix_of(name), []).append(output / name)
    facts: dict[str, Any] = {}
    if stage.main in by_suffix and stage.main in _IMAGES:
        facts |= _image_facts(by_suffix[stage.main][0], flags=stage.main == "rate")
    if stage.name == "image3":
        facts["sources"] = _count_rows(output, products)
        facts["shifts"] = _shifts(exposures, by_suffix.get("crf", []), alignments)
    return facts


def _image_facts(path: Path, *, flags: bool) -> dict[str, Any]:
    image = read_image(path)
    sci = next(header for header in read_headers(path) if header.get("EXTNAME") == "SCI")
    usable = np.isfinite(image)
    facts: dict[str, Any] = {"shape": list(image.shape), "unit": str(sci.get("BUNIT", ""))}
    if flags:
        dq = read_image(path, "DQ")
        usable &= ~has(dq, "DO_NOT_USE")
        facts["saturated_fraction"] = float(has(dq, "SATURATED").mean())
        facts["jump_fraction"] = float(has(dq, "JUMP_DET").mean())
    facts["median"] = float(np.median(image[usable])) if usable.any() else None
    facts["unusable_fraction"] = float(1 - usable.mean())
    return facts


def _count_rows(output: Path, products: Sequence[str]) -> int | None:
    # tweakreg may write catalogues too; that of the mosaic has the mosaic's name
    names = {f"{root_of(name)}_cat.ecsv" for name in products if suffix_of(name) == "i2d"}
    path = next((output / name for name in products if name in names), None)
    if path is None:
        return None
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return max(len(lines) - 1, 0)


def _shifts(
    exposures: Sequence[Exposure], corrected: Sequence[Path], alignments: AlignmentLog
) -> list[dict[str, Any]]:
    by_root = {ExposureName.parse(path).root: path for path in corrected}
    entries = []
    for exposure in exposures:
        fit = alignments.of(exposure.root)
        entry: dict[str, Any] = {
            "root": exposure.root,
            "matches": fit.matches,
            "used": fit.used,
            "rmse_mas": fit.rmse_mas if fit.rmse_mas is None or math.isfinite(fit.rmse_mas) else None,
            "reference": fit.reference,
        }
        if exposure.root in by_root:
            entry |= _shift(exposure.path, by_root[exposure.root])
        entries.append(entry)
    return entries


def _shift(before: Path, after: Path) -> dict[str, float]:
    """
    Return how far the centre of an exposure's array was moved, mas.

    Notes
    -----
    Taken from the SIP approximations in the headers. Each is good to 0.01
    pixel (1 mas); its error is the same before and after, so the difference
    is good to 0.1 mas, and two WCS objects, at 0.1 s each, need not be read.
    """
    positions = [_centre(path) for path in (before, after)]
    if not all(positions):
        return {}
    (ra0, dec0), (ra1, dec1) = positions
    # right ascension may step over 0 h
    ra = (ra1 - ra0 + 180) % 360 - 180
    return {
        "dra_mas": ra * math.cos(math.radians(dec0)) * _MAS_PER_DEGREE,
        "ddec_mas": (dec1 - dec0) * _MAS_PER_DEGREE,
    }


def _centre(path: Path) -> tuple[float, ...]:
    """Return the position of the array's centre, degrees; empty when the header has no SIP."""
    try:
        sci = next(header for header in read_headers(path) if header.get("EXTNAME") == "SCI")
        if not str(sci.get("CTYPE1", "")).endswith("-SIP"):
            return ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            wcs = WCS(sci)
        ra, dec = wcs.all_pix2world((sci["NAXIS1"] - 1) / 2, (sci["NAXIS2"] - 1) / 2, 0)
    except (KeyError, TypeError, ValueError, StopIteration, MiriWidgetsError):
        return ()
    return float(ra), float(dec)
