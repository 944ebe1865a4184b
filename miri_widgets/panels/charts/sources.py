"""The catalogue of a program's mosaics: table, colour-magnitude diagram, and marks on the image."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.analysis.catalog_sources import CatalogSource, ProgramCatalog
from miri_widgets.core.photometry.catalog import EXTENDED, POINT, SHARP
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.catalog_choice import KINDS, CatalogModel
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.colourmagnitude import ColourMagnitude
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.products.names import suffix_of

__all__ = ["MAX_ROWS", "Sources", "SourcesView"]

MAX_ROWS = 500

_TONES = {POINT: ("run", "•"), EXTENDED: ("good", "◯"), SHARP: ("warn", "▴")}

_FIRST = [
    {"key": "number", "title": "#", "right": True, "tip": "1 is the brightest in the first filter"},
    {"key": "shape", "title": "Shape", "kind": "state"},
    {
        "key": "snr",
        "title": "S/N",
        "right": True,
        "tip": "Largest of all filters: flux over its error; without a catalogue, peak over sky noise",
    },
]
_SKY = [
    {"key": "ra", "title": "RA [deg]", "right": True, "tip": "Right ascension, ICRS"},
    {"key": "dec", "title": "Dec [deg]", "right": True, "tip": "Declination, ICRS"},
]


class SourcesView(Part):
    """
    A catalogue, linked both ways to a viewer; it needs no stage.

    Parameters
    ----------
    catalog : CatalogModel
        What is displayed.
    center : callable, optional
        Called with the number of a source whose row was clicked.
    folder : callable, optional
        Returns the folder to save to, and the prefix of the names.
    """

    def __init__(
        self,
        catalog: CatalogModel,
        center: Callable[[int], None] | None = None,
        folder: Callable[[], tuple[Path, str]] | None = None,
    ) -> None:
        super().__init__("mw-sources")
        self.catalog = catalog
        self._listed: list[str] = []  # ids of the rows that are there whatever is chosen
        self._center = center
        self._folder = folder
        self.mark = ipywidgets.Checkbox(
            description="Mark on the image", indent=False, layout=ipywidgets.Layout(width="auto")
        )
        self.kind = _choice("List", "190px", [("all", "all")])
        self.pair = _choice("Colour", "250px", [("", 0)])
        self.save = button(
            "Save table and regions", tip="As ECSV, and as a DS9 region file, of what is listed"
        )
        self.status = text("", "mw-muted")
        self.notice = text("")
        self.table = Table(
            columns=[*_FIRST, *_SKY], placeholder="Filter sources", max_height="420px",
            empty="No mosaic yet: run this stage, or show one.",
        )  # fmt: skip
        self.diagram = ColourMagnitude(catalog)
        row = ipywidgets.HBox([self.mark, self.kind, self.pair, self.save])
        row.add_class("mw-row")
        self.children = (row, self.status, self.notice, self.diagram, self.table)
        self._links = (
            (self.mark, "marked"),
            (self.kind, "kind"),
            (self.pair, "pair"),
        )
        for widget, name in self._links:
            widget.observe(self._setter(name), "value")
        self.save.on_click(self._save)
        self.table.observe(self._picked, "selected")
        self.watch(catalog, self._update, "value", "kind")
        self.watch(catalog, self._update_chosen, "chosen")
        self.watch(catalog, self._update_controls, "marked", "kind", "pair", "in_view", "value")

    def _setter(self, name: str) -> Callable[[Any], None]:
        return lambda change: setattr(self.catalog, name, change["new"])

    def show_message(self, message: str) -> None:
        """
        Explain why there is no catalogue.

        Parameters
        ----------
        message : str
            Plain text.
        """
        self.status.value = escape(message)

    def _update(self, _: Any) -> None:
        catalog = self.catalog.value
        self.notice.value = sentences(catalog.sentences, "bad") if catalog is not None else ""
        self.save.disabled = not self.catalog.sources
        if catalog is None:
            self.table.rows, self._listed = [], []
            self.status.value = ""
            return
        sources = self.catalog.sources
        count = f"{len(sources)} sources. " if len(sources) != 1 else "1 source. "
        more = f"The {MAX_ROWS} brightest are listed. " if len(sources) > MAX_ROWS else ""
        self.status.value = escape(count + more + " ".join(catalog.notes))
        self.table.columns = [*_FIRST, *_flux_columns(catalog), *_SKY]
        self._listed = [str(source.number) for source in sources[:MAX_ROWS]]
        self.table.rows = [_row(source, catalog) for source in sources[:MAX_ROWS]]
        self._update_chosen(None)

    def _update_controls(self, _: Any) -> None:
        catalog = self.catalog
        counts = catalog.counts()
        kinds = [
            (f"{kind} ({counts[kind]})", kind)
            for kind in KINDS
            if counts[kind] or kind in ("all", catalog.kind)
        ]
        if tuple(kinds) != tuple(self.kind.options):
            self.kind.options = kinds
        names = catalog.value.colour_names() if catalog.value is not None else ()
        pairs = [(name, index) for index, name in enumerate(names)] or [("one filter only", 0)]
        if tuple(pairs) != tuple(self.pair.options):
            self.pair.options = pairs
        self.pair.layout.display = "" if len(pairs) > 1 else "none"
        self.kind.value, self.pair.value, self.mark.value = catalog.kind, catalog.pair, catalog.marked
        in_view = catalog.value is not None and catalog.in_view in catalog.value.mosaics
        self.mark.disabled = not in_view
        self.mark.tooltip = "" if in_view else "Show one of the mosaics first"

    def _update_chosen(self, _: Any) -> None:
        number = self.catalog.chosen
        source, catalog = self.catalog.source, self.catalog.value
        if source not in self.catalog.sources:  # another kind is listed
            source, number = None, 0
        selected = [str(number)] if number else []
        if source is not None and catalog is not None and str(number) not in self._listed:
            # fainter than all that are listed: a row of its own below them
            self.table.rows = [*self.table.rows[: len(self._listed)], _row(source, catalog)]
        if self.table.selected != selected:
            self.table.selected = selected

    def _picked(self, change: dict[str, Any]) -> None:
        number = int(change["new"][0]) if change["new"] else 0
        if number and number != self.catalog.chosen:
            self.catalog.chosen = number
            if self._center is not None:
                self._center(number)

    def _save(self, _: Any) -> None:
        if self._folder is None:
            return
        try:
            table, regions = self.catalog.save(*self._folder())
            self.notice.value = sentences([f"Saved as {table} and {regions.name}."], "good")
        except MiriWidgetsError as error:
            self.notice.value = sentences([str(error)], "bad")


class Sources(SourcesView):
    """
    The catalogue of the mosaics of a stage.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        Its mosaics are meant; the one in the viewer alone when it is none of them.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        self.session, self.model = session, model
        super().__init__(CatalogModel(), self._center_source, self._save_location)
        self.watch(self.session, self._request, "shown", "catalogs")
        self.watch(model, self._request, "products")
        self.watch_event(session, self._clicked, "clicked")
        self.watch(self.catalog, self._mark, "marked", "in_view", "kind", "value", "chosen")

    @property
    def mosaics(self) -> tuple[Path, ...]:
        """The mosaics that the catalogue is about."""
        own = tuple(sorted({path for path in self.model.products if suffix_of(path) == "i2d"}))
        shown = self.session.shown
        if shown is not None and suffix_of(shown) == "i2d" and shown not in own:
            return (Path(shown),)
        return own

    def _request(self, _: Any) -> None:
        mosaics = self.mosaics
        self.catalog.in_view = self.session.shown
        catalog = self.session.catalogs.get(mosaics) if mosaics else None
        if self.catalog.value is not catalog:
            self.catalog.value = catalog
        if mosaics and catalog is None:
            self.session.ask_catalog(mosaics)
            self.show_message(f"Reading the sources of {', '.join(path.name for path in mosaics)} …")

    def _mark(self, _: Any) -> None:
        self.session.marks = self.catalog.marks()

    def _clicked(self, event: Any) -> None:
        self.catalog.click(*event["new"])

    def _center_source(self, number: int) -> None:
        """Bring a source to the centre of the viewer; of a mosaic that shows it when another image is there."""
        catalog = self.catalog.value
        if catalog is None:
            return
        if self.session.shown not in catalog.mosaics:
            self.session.show(catalog.mosaics[0])
        position = self.catalog.position()
        if position is not None:
            self.session.center_on(*position)

    def _save_location(self) -> tuple[Path, str]:
        return self.session.program.workspace / "catalogues", self.session.program.name


def _choice(label: str, width: str, options: list[tuple[str, Any]]) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        description=label,
        options=options,
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width=width),
    )


def _flux_columns(catalog: ProgramCatalog) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {
            "key": f"flux{index}",
            "title": f"{name} [µJy]",
            "right": True,
            "tip": "Total flux density of a point source; in brackets: measured where another filter shows the source",
        }
        for index, name in enumerate(catalog.filters)
    ]
    for index, name in enumerate(catalog.colour_names()):
        columns.append(
            {
                "key": f"colour{index}",
                "title": f"{name} [mag]",
                "right": True,
                "tip": "AB; of extended sources in one aperture at the resolution of the widest filter",
            }
        )
    return columns


def _number(value: float, form: str, template: str = "{}", tip: str = "") -> dict[str, Any]:
    finite = math.isfinite(value)
    if finite and float(format(value, form)) == 0:
        value = 0.0  # what rounds to nothing is not below nothing
    shown = template.format(format(value, form)) if finite else ""
    return {"text": shown, "rank": value if finite else -1e9, "tip": tip or shown}


def _row(source: CatalogSource, catalog: ProgramCatalog) -> dict[str, Any]:
    tone, glyph = _TONES.get(source.shape, ("calm", "?" if source.shape else ""))
    row: dict[str, Any] = {
        "id": str(source.number),
        "number": {"text": str(source.number), "rank": source.number},
        "shape": {"text": source.shape, "tone": tone, "glyph": glyph},
        "ra": _number(source.ra, ".6f"),
        "dec": _number(source.dec, ".6f"),
        "snr": _number(source.snr, ".1f"),
    }
    for index, flux in enumerate(source.fluxes):
        around = "[{}]" if flux.kind == "forced" else "{}"
        row[f"flux{index}"] = _number(flux.flux, ".4g", around, f"± {flux.err:.2g} µJy, {flux.kind}")
    for index, (value, sigma) in enumerate(source.colours):
        row[f"colour{index}"] = _number(value, "+.2f", "{}", f"± {sigma:.2f} mag")
    return row
