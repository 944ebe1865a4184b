"""
Pull-up and pull-down: a very bright source shifts the level of its own columns and rows, each side by itself.

Source: the row and column correction around bright sources of the first MIRI imaging notebooks (median across a
strip minus a straight line), with the right axes and limits, arms that fall along their length, and a test whether
there is anything to correct.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.dq import has
from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.levels.surfaces import has_emission, smooth_surface
from miri_widgets.core.regions import Region
from miri_widgets.core.stacks.source_masks import source_mask
from miri_widgets.core.stripes.pull_strips import PullStrip, PullStripFit, fit_strip
from miri_widgets.errors import ParameterError

__all__ = [
    "SIDES",
    "BrightSource",
    "PullUpDown",
    "correct_pullupdown",
    "find_bright_sources",
    "find_pullupdown",
]

SIDES = ("top", "bottom", "left", "right")
"""Arms of a source: to higher rows, lower rows, lower columns, higher columns."""

_ROUNDS = 2
_SATURATED_PIXELS = 12
_PEAK = 500.0  # of the noise
_LARGEST = 80  # pixels
_MERGE = 15.0  # pixels
_FLANK = 40


@dataclass(frozen=True)
class BrightSource:
    """
    A source that may pull.

    Attributes
    ----------
    x, y : float
        0-based pixels of the exposure's array.
    brightness : float
        Number of saturated pixels; between equals the peak counts. The greater goes first.
    sides : tuple of str
        Which of its arms may be corrected, out of `SIDES`.
    """

    x: float
    y: float
    brightness: float = 0.0
    sides: tuple[str, ...] = SIDES


@dataclass(frozen=True, eq=False)
class PullUpDown:
    """
    What bright sources add to an exposure.

    Attributes
    ----------
    offset, variance : ndarray of float32, shape (ny, nx)
        Level and its variance, in the unit of the exposure; 0 outside of the strips.
    strips : tuple of (BrightSource, Arm, ArmFit)
        Arms that were found.
    sources, refused : tuple of BrightSource
        All that were looked at, and those outside of the imager field.
    emission : bool
        Whether emission fills the field; then no strip is fitted, since it cannot be distinguished from emission.
    """

    offset: NDArray[np.float32]
    variance: NDArray[np.float32]
    strips: tuple[tuple[BrightSource, PullStrip, PullStripFit], ...] = ()
    sources: tuple[BrightSource, ...] = ()
    refused: tuple[BrightSource, ...] = ()
    emission: bool = False


def correct_pullupdown(
    exposures: Sequence[ExposureArrays],
    *,
    sources: Sequence[Region] = (),
    find: bool = True,
    brighter_than: float | None = None,
    top: bool = True,
    bottom: bool = True,
    left: bool = True,
    right: bool = True,
    width: int = 40,
    offset: int = 20,
    source_nsigma: float = 3.0,
    significance: float = 5.0,
) -> CorrectionResult:
    """
    Subtract the strips that very bright sources make in their columns and rows.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Cal or rate exposures; each is corrected by itself. Not modified.
    sources : sequence of Region
        Bright sources, at the centres of these regions. Words beside one (top, bottom, left, right, all) choose its
        arms.
    find : bool
        Find bright sources in each exposure as well.
    brighter_than : float, optional
        Found sources have pixels above this, in the unit of the exposure; None for those with at least 12
        saturated pixels.
    top, bottom, left, right : bool
        Which arms to correct, unless words beside a region choose.
    width : int
        No strip is wider than this, pixels.
    offset : int
        Strips are measured from this distance from the source on, pixels.
    source_nsigma : float
        Other sources are masked above this many standard deviations.
    significance : float
        An arm is corrected if its columns stand out by this many standard deviations of their level.

    Returns
    -------
    CorrectionResult
        Corrected exposures, made one at a time.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds, or a region on the sky meets an exposure without WCS.

    Notes
    -----
    ERR and ``var_rnoise`` gain the variance of the strips. DQ stays as it is. Sources in the Lyot and 4QPM areas are
    not corrected; given ones are named in the warnings.
    """
    chosen = tuple(side for side, on in zip(SIDES, (top, bottom, left, right), strict=True) if on)
    _check(chosen, find, sources, width=width, offset=offset, nsigma=source_nsigma, significance=significance)
    settings = {
        "sources": tuple(sources),
        "find": find,
        "brighter_than": brighter_than,
        "sides": chosen,
        "width": width,
        "offset": offset,
        "source_nsigma": source_nsigma,
        "significance": significance,
    }
    return CorrectionResult(
        Lazy.mapped(partial(_corrected, settings=settings), exposures),
        facts={"exposures": len(exposures), "given_sources": len(sources)},
        warnings=tuple(_refusals(exposures, sources)) if sources else (),
    )


def find_pullupdown(
    exposure: ExposureArrays,
    *,
    sources: Sequence[Region] = (),
    find: bool = True,
    brighter_than: float | None = None,
    sides: Sequence[str] = SIDES,
    width: int = 40,
    offset: int = 20,
    source_nsigma: float = 3.0,
    significance: float = 5.0,
) -> PullUpDown:
    """
    Measure the strips of one exposure; parameters as in `correct_pullupdown`.

    Parameters
    ----------
    exposure : ExposureArrays
        The exposure. Not modified.
    sources : sequence of Region
        Bright sources that are given, as points.
    find : bool
        Whether to search for bright sources, too.
    brighter_than : float, optional
        Least surface brightness of a source that is searched, in the unit of the exposure; None for saturated ones.
    sides : sequence of str
        Sides on which each source is corrected, unless the region names its own.
    width : int
        Width of a strip, pixels.
    offset : int
        Distance from the source at which a strip begins, pixels.
    source_nsigma : float
        Sources are masked above this many standard deviations.
    significance : float
        Least significance of the columns of a strip, standard deviations.

    Notes
    -----
    A smooth surface of medians, the strips left out, and the sources are taken off first. Arms are then fitted one
    by one (`fit_strip`), the brightest source first, and all of them once more without the others.
    """
    given = [_given(region, exposure, tuple(sides)) for region in sources]
    automatic = find_bright_sources(exposure, brighter_than=brighter_than, sides=tuple(sides)) if find else ()
    # one that is given counts as given
    automatic = tuple(source for source in automatic if all(_apart(source, other) for other in given))
    every = sorted((*given, *automatic), key=lambda source: (-source.brightness, source.y, source.x))
    inside = tuple(source for source in every if _in_imager(source, exposure))
    refused = tuple(
        source for source in every if not _in_imager(source, exposure) and _on_chip(source, exposure)
    )
    total, variance = np.zeros(exposure.shape, np.float32), np.zeros(exposure.shape, np.float32)
    strips = [
        (source, _strip_of(source, side, exposure, width, offset))
        for source in inside
        for side in source.sides
    ]
    if not strips:
        return PullUpDown(total, variance, (), inside, refused)
    field = _Field(exposure, [strip for _, strip in strips], source_nsigma)
    flat = field.without_sources(None)
    if has_emission(flat, np.isfinite(flat)):
        return PullUpDown(total, variance, (), inside, refused, True)
    fits: dict[int, PullStripFit] = {}
    for turn in range(_ROUNDS):
        if turn:
            flat = field.without_sources(total)
        for index, (_, strip) in enumerate(strips):
            if index in fits:
                fits.pop(index).add_to(total, strip, -1.0)
            fit = fit_strip(flat, total, strip, significance)
            if fit is not None:
                fits[index] = fit
                fit.add_to(total, strip)
    for index, fit in fits.items():
        fit.add_variance_to(variance, strips[index][1])
    return PullUpDown(
        total, variance, tuple((*strips[index], fits[index]) for index in sorted(fits)), inside, refused
    )


def find_bright_sources(
    exposure: ExposureArrays, *, brighter_than: float | None = None, sides: tuple[str, ...] = SIDES
) -> tuple[BrightSource, ...]:
    """
    Find the sources that may pull columns and rows; the brightest first.

    Parameters
    ----------
    exposure : ExposureArrays
        An exposure. Not modified.
    brighter_than : float, optional
        Least surface brightness, in the unit of the exposure; None for sources with at least 12 saturated pixels.
    sides : tuple of str
        Handed on.
    """
    sky = exposure.sci[exposure.good]
    noise = robust_sigma(sky)
    if not noise > 0:
        return ()
    level = float(np.median(sky))
    signal = np.where(np.isfinite(exposure.sci), exposure.sci - np.float32(level), np.float32(0))
    saturated = has(exposure.dq, "SATURATED")
    least = _PEAK * noise if brighter_than is None else brighter_than - level
    labels, _ = label(saturated | (signal > least), np.ones((3, 3), int))
    sources: list[BrightSource] = []
    for index, box in enumerate(find_objects(labels), 1):
        mine = labels[box] == index
        wide = tuple(slice(max(side.start - 2, 0), side.stop + 2) for side in box)
        peak = float(signal[wide].max())
        lost = int(np.count_nonzero(mine & saturated[box]))
        enough = lost >= _SATURATED_PIXELS if brighter_than is None else mine.sum() > 1
        # dead pixels saturate too, but nothing around them is bright; a nebula is no source
        if peak > least and enough and max(mine.shape) <= _LARGEST:
            rows, columns = np.nonzero(mine)
            x, y = box[1].start + columns.mean(), box[0].start + rows.mean()
            sources.append(BrightSource(float(x), float(y), lost + peak / noise * 1e-6, sides))
    sources.sort(key=lambda source: (-source.brightness, source.y, source.x))
    # a saturated core may be a ring, or several pieces
    return tuple(
        source
        for index, source in enumerate(sources)
        if all(_apart(source, other) for other in sources[:index])
    )


def _apart(source: BrightSource, other: BrightSource) -> bool:
    return float(np.hypot(source.x - other.x, source.y - other.y)) > _MERGE


def _given(region: Region, exposure: ExposureArrays, sides: tuple[str, ...]) -> BrightSource:
    x, y = region.position(exposure)
    text = region.text.lower()
    named = tuple(side for side in SIDES if side[:3] in text) if text else ()
    chosen = SIDES if "all" in region.tokens else (named or sides)
    return BrightSource(x, y, float("inf"), chosen)


def _on_chip(source: BrightSource, exposure: ExposureArrays) -> bool:
    ny, nx = exposure.shape
    return bool(-0.5 <= source.x < nx - 0.5 and -0.5 <= source.y < ny - 0.5)


def _in_imager(source: BrightSource, exposure: ExposureArrays) -> bool:
    # columns show it, not rows
    return _on_chip(source, exposure) and source.x + exposure.corner[0] >= IMAGER_COLUMN


def _strip_of(
    source: BrightSource, side: str, exposure: ExposureArrays, width: int, offset: int
) -> PullStrip:
    ny, nx = exposure.shape
    first = max(IMAGER_COLUMN - exposure.corner[0], 0)
    return PullStrip.of(
        side, source.x, source.y, rows=(0, ny), columns=(first, nx), width=width, flank=_FLANK, offset=offset
    )


class _Field:
    """An exposure while its arms are fitted."""

    def __init__(self, exposure: ExposureArrays, strips: Sequence[PullStrip], nsigma: float) -> None:
        self.exposure, self.strips, self.nsigma = exposure, strips, nsigma
        self.good = exposure.good & (exposure.sci != 0)
        outside = self.good.copy()
        for strip in strips:
            strip.core(outside)[...] = False
        self.surface = smooth_surface(exposure.sci, outside if outside.any() else self.good)

    def without_sources(self, strips: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Return the exposure minus a smooth surface; NaN on sources, which are found beside known strips."""
        flat = np.where(self.good, self.exposure.sci - self.surface, np.float32(np.nan))
        if strips is None:
            # strips are wide and faint: they must not be taken for sources
            level = flat.copy()
            for strip in self.strips:
                strip.flatten(level)
        else:
            level = flat - strips
        flat[source_mask(level, fwhm=self.exposure.fwhm, threshold=self.nsigma, grow=1.0)] = np.nan
        return flat


def _corrected(exposure: ExposureArrays, *, settings: Mapping[str, Any]) -> ExposureArrays:
    pullupdown = find_pullupdown(exposure, **settings)
    sci = exposure.sci - pullupdown.offset
    rnoise = exposure.var_rnoise
    strips = [
        {"x": round(source.x, 1), "y": round(source.y, 1), "side": strip.side, **fit.facts()}
        for source, strip, fit in pullupdown.strips
    ]
    note = f"{len(strips)} strips of {len(pullupdown.sources)} bright sources subtracted"
    if strips:
        note += f", up to {max(abs(strip['level']) for strip in strips):.3g} {exposure.unit}"
    if pullupdown.emission:
        note += "; emission fills the field, and strips cannot be told from it"
    if pullupdown.refused:
        note += f"; {len(pullupdown.refused)} sources in the coronagraphs left alone"
    facts = {
        "sources": len(pullupdown.sources),
        "arms": strips,
        "emission": pullupdown.emission,
        "refused": [[round(source.x, 1), round(source.y, 1)] for source in pullupdown.refused],
        "changed_pixels": int(np.count_nonzero(pullupdown.offset)),
    }
    return exposure.replace(
        sci=sci,
        err=np.sqrt(exposure.err**2 + pullupdown.variance),
        var_rnoise=None if rnoise is None else rnoise + pullupdown.variance,
        facts={**exposure.facts, "pullupdown": facts},
        notes=(*exposure.notes, note),
    )


def _check(sides: tuple[str, ...], find: bool, sources: Sequence[Region], **given: float) -> None:
    def refuse(result: str, expected: str) -> None:
        raise ParameterError(result, expected, "correct the parameter")

    if not sides and not any(region.text for region in sources):
        refuse("no side of the sources", "at least one of top, bottom, left and right")
    if not find and not sources:
        refuse("no sources, and find is off", "a region file with bright sources, or find = True")
    for name, low, high in (
        ("width", 3, 400),
        ("offset", 0, 400),
        ("nsigma", 0.5, 100),
        ("significance", 2, 100),
    ):
        if not low <= given[name] <= high:
            refuse(f"{name} = {given[name]!r}", f"{low} to {high}")


def _refusals(exposures: Sequence[ExposureArrays], sources: Sequence[Region]) -> Iterator[str]:
    for number, region in enumerate(sources, 1):
        name = region.text or f"Source {number}"
        candidates = [(exposure, _given(region, exposure, SIDES)) for exposure in exposures]
        for exposure, source in candidates:
            if _on_chip(source, exposure) and not _in_imager(source, exposure):
                yield (
                    f"{name} lies at column {source.x:.0f}, row {source.y:.0f} of {exposure.root or 'the exposure'}, in the "
                    "coronagraphs, and is not corrected there."
                )
        if candidates and not any(_on_chip(source, exposure) for exposure, source in candidates):
            where = (
                f"outside {candidates[0][0].root or 'the exposure'}"
                if len(candidates) == 1
                else "on none of the exposures"
            )
            yield f"{name} lies {where}."
