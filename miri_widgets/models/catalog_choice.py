"""What a user looks at in a catalogue: which sources, which colour, which one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.analysis.source_catalog import CatalogSource, ProgramCatalog
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
        return tuple(one for one in self.value.sources if self.kind in ("all", one.shape))

    @property
    def source(self) -> CatalogSource | None:
        """The source that is looked at."""
        return self.value.find(self.chosen) if self.value is not None and self.chosen else None

    def counts(self) -> dict[str, int]:
        """Return how many sources there are of each kind."""
        sources = self.value.sources if self.value is not None else ()
        found = {kind: sum(one.shape == kind for one in sources) for kind in KINDS[1:]}
        return {"all": len(sources), **found}

    def marks(self) -> tuple[tuple[float, float, str], ...]:
        """Return (x, y, kind) of the marks on the mosaic in view, 0-based pixels; `CHOSEN` is the last."""
        if self.value is None or self.in_view not in self.value.mosaics:
            return ()
        place = self.value.mosaics.index(self.in_view)
        marks = [(*one.pixels[place], one.shape or UNSURE) for one in self.sources if self.marked]
        chosen = self.place()
        marks += [(*chosen, CHOSEN)] if chosen is not None else []
        return tuple(mark for mark in marks if math.isfinite(mark[0]) and math.isfinite(mark[1]))

    def place(self) -> tuple[float, float] | None:
        """Return (x, y) of the source that is looked at, in the mosaic in view; None when it has none."""
        source = self.source
        if source is None or self.value is None or self.in_view not in self.value.mosaics:
            return None
        x, y = source.pixels[self.value.mosaics.index(self.in_view)]
        return (x, y) if math.isfinite(x) and math.isfinite(y) else None

    def click(self, x: float, y: float) -> bool:
        """Look at the source at a place of the mosaic in view, 0-based pixels; return whether there is one."""
        if self.value is None or self.in_view is None:
            return False
        found = self.value.at(self.in_view, x, y, _REACH)
        if found is None:
            return False
        if self.kind not in ("all", found.shape):
            self.kind = "all"
        self.chosen = found.number
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
        on_sky = all(math.isfinite(one.ra) for one in sources)
        places = [(one.ra, one.dec) if on_sky else one.pixels[0] for one in sources]
        texts = [f"{one.number} {one.shape}".strip() for one in sources]
        write_source_regions(
            regions,
            [(*place, text) for place, text in zip(places, texts, strict=True)],
            _CIRCLE if on_sky else _CIRCLE / 0.11,
            sky=on_sky,
        )
        return table, regions


def _columns(catalog: ProgramCatalog, sources: tuple[CatalogSource, ...]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "number": ([one.number for one in sources], "", "1 is the brightest in the first filter"),
        "ra": ([one.ra for one in sources], "deg", "ICRS"),
        "dec": ([one.dec for one in sources], "deg", "ICRS"),
        "shape": ([one.shape for one in sources], "", "point, extended, sharp or unsure"),
        "snr": ([one.snr for one in sources], "", "largest signal over noise of all filters"),
    }
    for place, name in enumerate(catalog.filters):
        own = [one.fluxes[place] for one in sources]
        columns[f"flux_{name}"] = ([one.flux for one in own], "uJy", "total flux density of a point source")
        columns[f"flux_err_{name}"] = ([one.err for one in own], "uJy", "standard deviation")
        columns[f"kind_{name}"] = ([one.kind for one in own], "", "measured, forced or none")
        columns[f"x_{name}"] = ([one.pixels[place][0] for one in sources], "pix", "0-based, in the mosaic")
        columns[f"y_{name}"] = ([one.pixels[place][1] for one in sources], "pix", "0-based, in the mosaic")
    for place, (first, second) in enumerate(catalog.pairs):
        name = f"{catalog.filters[first]}_{catalog.filters[second]}"
        told = "AB; of extended sources in one aperture at the resolution of the widest filter"
        columns[f"colour_{name}"] = ([one.colours[place][0] for one in sources], "mag", told)
        columns[f"colour_err_{name}"] = (
            [one.colours[place][1] for one in sources],
            "mag",
            "standard deviation",
        )
    return columns
