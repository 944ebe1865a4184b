"""Sources of a program as values: fluxes per filter, and the catalogue that holds them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from miri_widgets.core.photometry.catalog import (
    brightest_at,
)
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import psf_fwhm_pixels

__all__ = ["CatalogSource", "FilterFlux", "ProgramCatalog"]


@dataclass(frozen=True)
class FilterFlux:
    """
    A source in one filter.

    Attributes
    ----------
    flux, err : float
        Total flux density of a point source, and its standard deviation, microjansky; NaN when there is none.
    kind : str
        "measured": the pipeline found it. "forced": measured at its position in another filter. "none": no pixels.
    """

    flux: float = math.nan
    err: float = math.nan
    kind: str = "none"


@dataclass(frozen=True)
class CatalogSource:
    """
    A source of a program.

    Attributes
    ----------
    number : int
        1 for the first of the list.
    ra, dec : float
        Degrees, ICRS; NaN without a WCS.
    pixels : tuple of (float, float)
        (x, y), 0-based, in the mosaic of each filter; NaN where it is unknown.
    fluxes : tuple of FilterFlux
        By filter.
    snr : float
        Largest signal over noise of all filters.
    shape : str
        "point", "extended", "sharp" or "unsure", see `miri_widgets.core.photometry.catalog.shapes`; empty when not measured.
    colours : tuple of (float, float)
        AB magnitude and its standard deviation of each pair of `ProgramCatalog.pairs`; NaN when not known.
    labels : tuple of int
        Label in the catalogue of each filter; 0 where it is not there.
    """

    number: int
    ra: float
    dec: float
    pixels: tuple[tuple[float, float], ...]
    fluxes: tuple[FilterFlux, ...]
    snr: float
    shape: str = ""
    colours: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class ProgramCatalog:
    """
    The sources of some mosaics, the brightest in the first filter first.

    Attributes
    ----------
    mosaics : tuple of Path
        By wavelength.
    filters : tuple of str
        Of each mosaic; the file's name where the header does not say.
    sources : tuple of CatalogSource
        All of them.
    pairs : tuple of (int, int)
        Indices of the filters of each colour.
    notes : tuple of str
        Where the numbers come from, as sentences.
    sentences : tuple of str
        What is wrong, as sentences.
    """

    mosaics: tuple[Path, ...] = ()
    filters: tuple[str, ...] = ()
    sources: tuple[CatalogSource, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @classmethod
    def failed(cls, error: MiriWidgetsError) -> ProgramCatalog:
        """
        Return the catalogue of mosaics that cannot be read.

        Parameters
        ----------
        error : MiriWidgetsError
            The reason.
        """
        return cls(sentences=(str(error),))

    def colour_names(self) -> tuple[str, ...]:
        """Return the names of the colours, as F560W - F770W."""
        return tuple(f"{self.filters[first]} − {self.filters[other]}" for first, other in self.pairs)

    def at(self, mosaic: Path, x: float, y: float, reach: float) -> CatalogSource | None:
        """
        Return the source that is brightest at a position of a mosaic; None when none is within `reach`.

        Parameters
        ----------
        mosaic : Path
            One of `mosaics`.
        x, y, reach : float
            0-based pixels.
        """
        if mosaic not in self.mosaics or not self.sources:
            return None
        column = self.mosaics.index(mosaic)
        where = np.array([source.pixels[column] for source in self.sources])
        flux = np.array(
            [source.fluxes[column].flux if column < len(source.fluxes) else np.nan for source in self.sources]
        )
        if not np.isfinite(flux).any():  # maxima without a catalogue have no flux
            flux = np.array([source.snr for source in self.sources])
        name = self.filters[column] if column < len(self.filters) else ""
        index = brightest_at(where[:, 0], where[:, 1], flux, (x, y), psf_fwhm_pixels(name), reach)
        return None if index is None else self.sources[index]

    def find(self, number: int) -> CatalogSource | None:
        """
        Return a source by its number.

        Parameters
        ----------
        number : int
            Number of the source, from 1.
        """
        return self.sources[number - 1] if 0 < number <= len(self.sources) else None
