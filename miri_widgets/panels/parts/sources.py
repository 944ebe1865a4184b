"""The sources of the image in the viewer, and their marks on it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import escape, sentences, text

__all__ = ["MOST_ROWS", "Sources"]

MOST_ROWS = 500

_COLUMNS = [
    {"key": "number", "title": "#", "right": True, "tip": "Label in the catalogue"},
    {"key": "ra", "title": "RA [deg]", "right": True, "tip": "Right ascension, ICRS"},
    {"key": "dec", "title": "Dec [deg]", "right": True, "tip": "Declination, ICRS"},
    {"key": "flux", "title": "Flux [µJy]", "right": True, "tip": "Total flux, aperture corrected"},
    {
        "key": "snr",
        "title": "S/N",
        "right": True,
        "tip": "Flux over its error; without a catalogue, peak over sky noise",
    },
    {"key": "shape", "title": "Shape"},
    {"key": "show", "title": "", "kind": "button"},
]


class Sources(Part):
    """
    A table of sources; a row's button brings the source to the centre of the viewer.

    Parameters
    ----------
    model : StageModel
        The stage whose mosaics are meant; the image in the viewer when it is a mosaic, else the stage's first.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-sources")
        self.model = model
        self.session = model.session
        self.mark = ipywidgets.Checkbox(description="Mark on the image", indent=False, value=False)
        self.mark.observe(self._marked, "value")
        self.words = text("", "mw-muted")
        self.table = Table(
            columns=_COLUMNS, on_act=self._center, placeholder="Filter sources", max_height="420px",
            empty="No mosaic yet: run this stage, or show one.",
        )  # fmt: skip
        self.children = (self.mark, self.words, self.table)
        self.watch(self.session, self._follow, "shown", "sources")
        self.watch(model, self._follow, "products")

    @property
    def mosaic(self) -> Path | None:
        """The mosaic that the table is about."""
        shown = self.session.shown
        if shown is not None and shown.name.endswith("_i2d.fits"):
            return Path(shown)
        return next((path for path in self.model.products if path.name.endswith("_i2d.fits")), None)

    def _follow(self, _: Any) -> None:
        mosaic = self.mosaic
        self.mark.disabled = mosaic is None
        if mosaic is None:
            self.table.rows = []
            self.words.value = ""
            return
        found = self.session.sources.get(mosaic)
        if found is None:
            self.session.ask_sources(mosaic)
            self.words.value = escape(f"Reading the sources of {mosaic.name} …")
            return
        if found.sentence:
            self.words.value = sentences([found.sentence], "bad")
            self.table.rows = []
            return
        more = (
            f" The {MOST_ROWS} brightest of {len(found.sources)}." if len(found.sources) > MOST_ROWS else ""
        )
        count = f"{len(found.sources)} sources in {mosaic.name}. "
        self.words.value = escape(count + found.origin + more)
        self.table.rows = [self._row(source) for source in found.sources[:MOST_ROWS]]
        self._marked(None)

    @staticmethod
    def _row(source: Any) -> dict[str, Any]:
        def number(value: float, form: str) -> dict[str, Any]:
            known = math.isfinite(value)
            return {"text": format(value, form) if known else "", "rank": value if known else -1.0}

        return {
            "id": str(source.number),
            "number": {"text": str(source.number), "rank": source.number},
            "ra": number(source.ra, ".6f"),
            "dec": number(source.dec, ".6f"),
            "flux": number(source.flux, ".4g"),
            "snr": number(source.snr, ".1f"),
            "shape": "extended" if source.extended else "point" if math.isfinite(source.flux) else "",
            "show": "Center",
        }

    def _marked(self, _: Any) -> None:
        mosaic = self.mosaic
        found = self.session.sources.get(mosaic) if mosaic is not None else None
        on_sky = found is not None and self.mark.value and self.session.shown == mosaic
        self.session.marks = tuple((one.x, one.y) for one in found.sources) if found and on_sky else ()

    def _center(self, name: str) -> None:
        mosaic = self.mosaic
        found = self.session.sources.get(mosaic) if mosaic is not None else None
        source = next((one for one in found.sources if str(one.number) == name), None) if found else None
        if source is not None and mosaic is not None:
            self.session.show(mosaic)
            self.session.center = (source.x, source.y)
