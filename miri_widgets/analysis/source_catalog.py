"""The sources of a program's mosaics: one list for all filters, with shapes, fluxes and colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.catalog_sources import CatalogSource, FilterFlux, ProgramCatalog
from miri_widgets.analysis.mosaic_photometry import MosaicPixels, forced, matched
from miri_widgets.analysis.mosaic_sources import sources_of
from miri_widgets.core.photometry.catalog import (
    EXTENDED,
    POINT,
    UNSURE,
    colour,
    merged,
    shapes,
    stellar_locus,
)
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.tables.source_catalogs import CONCENTRATION

__all__ = ["catalog_of"]

_MATCH_FWHM = 0.75
_LEAST_ARCSEC = 0.15
_FEW_STARS, _MOST_STARS = 3, 50


@dataclass(frozen=True, eq=False)
class _Band:
    """One filter while the catalogue is made."""

    mosaic: MosaicPixels
    sources: tuple[Any, ...]
    kinds: NDArray[Any]


def catalog_of(mosaics: Sequence[Path]) -> ProgramCatalog:
    """
    Make one catalogue of the mosaics of a program, one for each filter.

    Parameters
    ----------
    mosaics : sequence of Path
        Drizzled images (``i2d``), with the pipeline's catalogue beside or without.

    Returns
    -------
    ProgramCatalog
        A mosaic that cannot be read is left out, with a sentence.

    Notes
    -----
    Sources of different filters are one when they are nearest to each other within three quarters of the wider PSF.
    Where a filter has no such source, its flux is measured at the position of the sharpest filter that has it, with
    the aperture and correction of its own catalogue; so faint sources have a flux with an error, not a hole.

    Point or extended: the flux in the 70 over that in the 30 per cent aperture, against the stars of the field
    themselves, in the sharpest filter that can tell. Colours of extended sources: see
    `miri_widgets.core.photometry.matched`; all others compare total fluxes.
    """
    bands, sentences = _bands(mosaics)
    if not bands:
        return ProgramCatalog(sentences=tuple(sentences))
    widest = max(band.mosaic.fwhm_arcsec for band in bands)
    positions = [
        np.array([(source.ra, source.dec) for source in band.sources]).reshape(-1, 2) for band in bands
    ]
    on_sky = all(np.isfinite(part).all() for part in positions)
    if not on_sky and len(bands) > 1:
        sentences.append(
            "A mosaic has no coordinates: its sources cannot be compared with those of other filters."
        )
        bands, positions = bands[:1], positions[:1]
    if on_sky:
        matches = merged(positions, max(_MATCH_FWHM * widest, _LEAST_ARCSEC))
    else:
        matches = np.arange(len(bands[0].sources))[:, None]
    pairs = tuple(combinations(range(len(bands)), 2))
    sources = _measured([_joined(row, bands) for row in matches], bands, pairs)
    order = sorted(range(len(sources)), key=lambda index: _brightness(sources[index]), reverse=True)
    return ProgramCatalog(
        mosaics=tuple(band.mosaic.path for band in bands),
        filters=tuple(band.mosaic.name for band in bands),
        sources=tuple(replace(sources[index], number=number) for number, index in enumerate(order, start=1)),
        pairs=pairs,
        notes=tuple(_notes(bands)),
        sentences=tuple(sentences),
    )


def _bands(mosaics: Sequence[Path]) -> tuple[list[_Band], list[str]]:
    bands, sentences = [], []
    for path in mosaics:
        try:
            sources = sources_of(path).sources
            mosaic = MosaicPixels.read(path)
            bands.append(_Band(mosaic, sources, _kinds(sources)))
            if not math.isfinite(mosaic.to_ujy):
                sentences.append(
                    f"{path.name} is in no unit of surface brightness: no flux is measured in it. "
                    "Calibrate it with the photom step of image2."
                )
        except MiriWidgetsError as error:
            sentences.append(str(error))
    bands.sort(key=lambda band: (_wavelength(band.mosaic.name), band.mosaic.path.name))
    known = set()
    for band in list(bands):
        if band.mosaic.name in known:
            bands.remove(band)
            sentences.append(
                f"{band.mosaic.path.name} is a second mosaic in {band.mosaic.name}: it is left out."
            )
        known.add(band.mosaic.name)
    return bands, sentences


def _wavelength(name: str) -> int:
    return FILTERS.index(name) if name in FILTERS else len(FILTERS)


def _kinds(sources: Sequence[Any]) -> NDArray[Any]:
    concentration = np.array([source.concentration for source in sources])
    err = np.array([source.concentration_err for source in sources])
    locus, scatter, _ = stellar_locus(concentration, err, CONCENTRATION)
    return shapes(concentration, err, locus, scatter)


def _joined(row: NDArray[np.intp], bands: Sequence[_Band]) -> CatalogSource:
    """One source, of what the filters have of it."""
    own = [band.sources[index] if index >= 0 else None for band, index in zip(bands, row, strict=True)]
    first = next(source for source in own if source is not None)
    kinds = [
        str(band.kinds[index])
        for band, index in zip(bands, row, strict=True)
        if index >= 0 and math.isfinite(band.sources[index].flux)
    ]
    kind_of_source = next((kind for kind in kinds if kind != UNSURE), kinds[0] if kinds else "")
    pixels = []
    for band, source in zip(bands, own, strict=True):
        pixels.append((source.x, source.y) if source is not None else band.mosaic.pixel(first.ra, first.dec))
    fluxes = tuple(
        FilterFlux(source.flux, source.err, "measured" if math.isfinite(source.flux) else "none")
        if source is not None
        else FilterFlux()
        for source in own
    )
    return CatalogSource(
        number=0,
        ra=first.ra,
        dec=first.dec,
        pixels=tuple(pixels),
        fluxes=fluxes,
        snr=max(source.snr for source in own if source is not None),
        shape=kind_of_source,
        labels=tuple(source.number if source is not None else 0 for source in own),
    )


def _measured(
    sources: list[CatalogSource], bands: Sequence[_Band], pairs: Sequence[tuple[int, int]]
) -> list[CatalogSource]:
    """Give sources the fluxes that filters lack, and colours; the pixels of one mosaic are in memory at a time."""
    wide = [index for index, source in enumerate(sources) if source.shape == EXTENDED] if pairs else []
    stars = [index for index, source in enumerate(sources) if source.shape == POINT]
    stars = sorted(stars, key=lambda index: sources[index].snr, reverse=True)[:_MOST_STARS]
    widest = max((band.mosaic for band in bands), key=lambda mosaic: mosaic.fwhm_arcsec)
    by_band, columns = [], []
    for mosaic_index, band in enumerate(bands):
        fluxes = [source.fluxes[mosaic_index] for source in sources]
        at = [source.pixels[mosaic_index] for source in sources]
        missing = [index for index, flux in enumerate(fluxes) if flux.kind == "none"]
        images = band.mosaic.images() if missing or wide else None
        if images is not None:
            values = forced(band.mosaic, images, [at[index] for index in missing], at)
            for index, (flux, err) in zip(missing, values, strict=True):
                if math.isfinite(flux) and math.isfinite(err):
                    fluxes[index] = FilterFlux(flux, err, "forced")
        column = np.array([(flux.flux, flux.err) for flux in fluxes]).reshape(-1, 2).T
        if images is not None and wide:
            own = np.array(matched(band.mosaic, images, [at[index] for index in (*wide, *stars)], widest))
            column[:, wide] = own[:, : len(wide)] * _total_over(own[0, len(wide) :], column[0, stars])
        by_band.append(fluxes)
        columns.append(column)
    colours = [colour(*columns[first], *columns[other]) for first, other in pairs]
    return [
        replace(
            source,
            fluxes=tuple(fluxes[index] for fluxes in by_band),
            colours=tuple((float(value[index]), float(sigma[index])) for value, sigma in colours),
        )
        for index, source in enumerate(sources)
    ]


def _total_over(matched_fluxes: NDArray[np.float64], totals: NDArray[np.float64]) -> float:
    """Return the total over the matched flux of stars: the wings of two PSFs differ by more than a Gaussian."""
    ratios = totals / matched_fluxes
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.median(ratios)) if len(ratios) >= _FEW_STARS else 1.0


def _brightness(source: CatalogSource) -> tuple[float, float]:
    """What sorts the list: flux in the sharpest filter, else signal over noise."""
    flux = source.fluxes[0].flux
    return (
        flux if math.isfinite(flux) else -math.inf,
        source.snr if math.isfinite(source.snr) else -math.inf,
    )


def _notes(bands: Sequence[_Band]) -> list[str]:
    measured = [band.mosaic.name for band in bands if band.mosaic.apertures is not None]
    rough = [band.mosaic.name for band in bands if band.mosaic.apertures is None]
    texts = []
    if measured:
        texts.append(f"Catalogues of the pipeline: {', '.join(measured)}.")
    if rough:
        texts.append(
            f"Without a catalogue beside: {', '.join(rough)}; maxima above the local sky are listed, without fluxes."
        )
    if len(bands) > 1:
        grids = {band.mosaic.grid for band in bands}
        texts.append(
            "All mosaics lie on one grid."
            if len(grids) == 1
            else "The mosaics lie on different grids: take the stage Grid in, so that they can be blinked pixel by pixel. "
            "Sources are matched on the sky."
        )
    return texts
