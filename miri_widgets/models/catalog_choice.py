"""What a user looks at in a catalogue: which sources, which colour, which one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.analysis.catalog_sources import CatalogSource, ProgramCatalog
from miri_widgets.core.photometry.catalog import EXTENDED, POINT, SHARP, UNSURE
from miri_widgets.errors import ParameterError
from miri_widgets.products.tables.source_export import write_source_regions, write_source_table

__all__ = ["CHOSEN", "KINDS", "CatalogModel"]

KINDS = ("all", POINT, EXTENDED, SHARP, UNSURE)
"""What can be listed."""

CHOSEN = "chosen"
"""The mark of the source that is looked at."""

_REACH = 8.0
"""A click this near to a source, pixels, means it."""

_CIRCLE = 0.4


class CatalogModel(traitlets.HasTraits):
    """
    A catalogue as a user sees it; table, charts and viewer follow it.

    Parameters
    ----------
    value : ProgramCatalog, optional
        The catalogue.
    """

    value = traitlets.Instance(ProgramCatalog, allow_none=True)
    in_view = traitlets.Instance(Path, allow_none=True, help="the mosaic in the viewer")
    kind = traitlets.Enum(KINDS, "all", help="which sources are listed and marked")
    pair = traitlets.Int(0, help="which colour is drawn, an index of ProgramCatalog.pairs")
    chosen = traitlets.Int(0, help="number of the source that is looked at; 0 for none")
    marked = traitlets.Bool(False, help="whether sources are marked on the image")

    def __init__(self, value: ProgramCatalog | None = None) -> None:
        super().__init__(value=value)
        self.observe(self._forget, "value")

    def _forget(self, _: Any) -> None:
        with self.hold_trait_notifications():
            self.chosen = 0
            self.pair = min(self.pair, max(len(self.value.pairs) - 1, 0)) if self.value else 0

    @property
    def sources(self) -> tuple[CatalogSource, ...]:
        """The sources of the kind that is listed."""
        if self.value is None:
            return ()
        return tuple(source for source in self.value.sources if self.kind in ("all", source.shape))

    @property
    def source(self) -> CatalogSource | None:
        """The source that is looked at."""
        return self.value.find(self.chosen) if self.value is not None and self.chosen else None

    def counts(self) -> dict[str, int]:
        """Return how many sources there are of each kind."""
        sources = self.value.sources if self.value is not None else ()
        counted = {kind: sum(source.shape == kind for source in sources) for kind in KINDS[1:]}
        return {"all": len(sources), **counted}

    def marks(self) -> tuple[tuple[float, float, str], ...]:
        """Return (x, y, kind) of the marks on the mosaic in view, 0-based pixels; `CHOSEN` is the last."""
        if self.value is None or self.in_view not in self.value.mosaics:
            return ()
        index = self.value.mosaics.index(self.in_view)
        marks = [(*source.pixels[index], source.shape or UNSURE) for source in self.sources if self.marked]
        chosen = self.position()
        marks += [(*chosen, CHOSEN)] if chosen is not None else []
        return tuple(mark for mark in marks if math.isfinite(mark[0]) and math.isfinite(mark[1]))

    def position(self) -> tuple[float, float] | None:
        """Return (x, y) of the source that is looked at, in the mosaic in view; None when it has none."""
        source = self.source
        if source is None or self.value is None or self.in_view not in self.value.mosaics:
            return None
        x, y = source.pixels[self.value.mosaics.index(self.in_view)]
        return (x, y) if math.isfinite(x) and math.isfinite(y) else None

    def click(self, x: float, y: float) -> bool:
        """
        Look at the source at a place of the mosaic in view, 0-based pixels; return whether there is one.

        Parameters
        ----------
        x, y : float
            Position on the mosaic, 0-based pixels.
        """
        if self.value is None or self.in_view is None:
            return False
        source = self.value.at(self.in_view, x, y, _REACH)
        if source is None:
            return False
        if self.kind not in ("all", source.shape):
            self.kind = "all"
        self.chosen = source.number
        return True

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """
        Write what is listed as an ECSV table and as DS9 regions.

        Parameters
        ----------
        folder : Path
            Where to; made if it is not there.
        name : str
            First part of the names of the files.

        Returns
        -------
        table, regions : Path
            The files.

        Raises
        ------
        ParameterError
            If nothing is listed.
        NotWritableError, DiskFullError
            If the folder cannot be written to.
        """
        catalog, sources = self.value, self.sources
        if catalog is None or not sources:
            raise ParameterError("no source is listed", "at least one", "run image3, or list other kinds")
        stem = name if self.kind == "all" else f"{name}_{self.kind}"
        table, regions = Path(folder) / f"{stem}_sources.ecsv", Path(folder) / f"{stem}_sources.reg"
        write_source_table(table, _columns(catalog, sources), catalog.notes)
        on_sky = all(math.isfinite(source.ra) for source in sources)
        positions = [(source.ra, source.dec) if on_sky else source.pixels[0] for source in sources]
        texts = [f"{source.number} {source.shape}".strip() for source in sources]
        write_source_regions(
            regions,
            [(*index, text) for index, text in zip(positions, texts, strict=True)],
            _CIRCLE if on_sky else _CIRCLE / 0.11,
            sky=on_sky,
        )
        return table, regions


def _columns(catalog: ProgramCatalog, sources: tuple[CatalogSource, ...]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "number": ([source.number for source in sources], "", "1 is the brightest in the first filter"),
        "ra": ([source.ra for source in sources], "deg", "ICRS"),
        "dec": ([source.dec for source in sources], "deg", "ICRS"),
        "shape": ([source.shape for source in sources], "", "point, extended, sharp or unsure"),
        "snr": ([source.snr for source in sources], "", "largest signal over noise of all filters"),
    }
    for index, name in enumerate(catalog.filters):
        own = [source.fluxes[index] for source in sources]
        columns[f"flux_{name}"] = (
            [source.flux for source in own],
            "uJy",
            "total flux density of a point source",
        )
        columns[f"flux_err_{name}"] = ([source.err for source in own], "uJy", "standard deviation")
        columns[f"kind_{name}"] = ([source.kind for source in own], "", "measured, forced or none")
        columns[f"x_{name}"] = (
            [source.pixels[index][0] for source in sources],
            "pix",
            "0-based, in the mosaic",
        )
        columns[f"y_{name}"] = (
            [source.pixels[index][1] for source in sources],
            "pix",
            "0-based, in the mosaic",
        )
    for index, (first, second) in enumerate(catalog.pairs):
        name = f"{catalog.filters[first]}_{catalog.filters[second]}"
        description = "AB; of extended sources in one aperture at the resolution of the widest filter"
        columns[f"colour_{name}"] = ([source.colours[index][0] for source in sources], "mag", description)
        columns[f"colour_err_{name}"] = (
            [source.colours[index][1] for source in sources],
            "mag",
            "standard deviation",
        )
    return columns
