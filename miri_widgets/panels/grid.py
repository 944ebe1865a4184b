"""The panel of the mosaic grid: a preview of the grid over all footprints."""

from __future__ import annotations

from typing import Any, ClassVar

from humanize import naturalsize

from miri_widgets.analysis.footprints import Corners, previewed_grid
from miri_widgets.core.mosaic_grid import MosaicGrid
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.footprints import FootprintsModel
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.footprints import FootprintMap, Tile, key
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import sentences, text
from miri_widgets.panels.stage import StagePanel
from miri_widgets.products.filter_colours import filter_colour

__all__ = ["GridPanel", "GridPreview"]

_NO_FOOTPRINTS = "Footprints appear after Image 2."
_BYTES_PER_PIXEL = 28
"""Memory of a mosaic pixel: SCI, ERR, WHT, three variances and context, 4 bytes each."""


class GridPreview(Part):
    """
    The grid that the current settings give, around the footprints of all exposures.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage ``grid``.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-looks")
        self.session, self.model = session, model
        self.footprints = FootprintsModel(session, model)
        self.state = text("")
        self.map = FootprintMap()
        self._drawn_state: Any = None
        self.children = (text("Preview of the grid", "mw-heading"), self.state, self.map)
        self.watch(model, self._update, "settings", "loaded")
        self.watch(self.footprints, self._update, "value", "working")

    def _update(self, _: Any) -> None:
        footprints: dict[str, Corners] | None = self.footprints.value
        state = (self.model.loaded, self.model.settings, self.footprints.working, id(footprints))
        if state == self._drawn_state:
            return
        self._drawn_state = state
        if not footprints or not self.model.loaded:
            self.state.value = ""
            self.map.draw(
                (),
                empty="Reading footprints …"
                if self.footprints.working or not self.model.loaded
                else _NO_FOOTPRINTS,
            )
            return
        tiles, colours = self._tiles(footprints)
        try:
            grid = previewed_grid(
                footprints, {name: self.model.settings[name] for name in self.model.settings}
            )
        except MiriWidgetsError as error:
            self.state.value = sentences([str(error)], "bad")
            self.map.draw(tiles, caption=key(colours))
            return
        self.state.value = sentences([*_describe(grid), *self._missing(footprints)], "calm") + _outside(
            grid, footprints
        )
        self.map.draw(tiles, outline=grid.corners(), caption=key(colours | {"the grid": "#c0392b"}))

    def _tiles(self, footprints: dict[str, Corners]) -> tuple[list[Tile], dict[str, str]]:
        exposures = {root: self.session.programs.find(root) for root in footprints}
        filters = dict.fromkeys(
            exposure.filter if exposure is not None else "other" for exposure in exposures.values()
        )
        colours = {name: filter_colour(name) for name in filters}
        tiles = [
            Tile(corners, colours[exposure.filter if (exposure := exposures[root]) is not None else "other"])
            for root, corners in footprints.items()
        ]
        return tiles, colours

    def _missing(self, footprints: dict[str, Corners]) -> list[str]:
        roots = [exposure.root for exposure in self.session.programs.included]
        missing = len(set(roots) - set(footprints))
        return (
            [f"{missing} of {len(roots)} exposures have no footprint yet; the grid may grow with them."]
            if missing
            else []
        )

    def close(self) -> None:
        """Close the view and the footprints."""
        super().close()
        self.footprints.close()


class GridPanel(StagePanel):
    """
    Grid stage: the default panel below the preview.

    Parameters
    ----------
    session : SessionModel
        The session.
    stage : str, optional
        As for `StagePanel`.
    """

    stage_name: ClassVar[str] = "grid"

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        self.preview = GridPreview(session, self.model)
        shown = self.children
        self.children = (*shown[:3], self.preview, *shown[3:])


def _describe(grid: MosaicGrid) -> list[str]:
    width, height = (side * grid.scale / 60 for side in (grid.nx, grid.ny))
    size = naturalsize(grid.nx * grid.ny * _BYTES_PER_PIXEL)
    return [
        f"{grid.nx} x {grid.ny} pixels of {grid.scale:g} arcsec: {width:.2f} x {height:.2f} arcmin around "
        f"RA {grid.ra:.5f}, Dec {grid.dec:+.5f}, y axis at position angle {grid.rotation:g} deg; "
        f"a mosaic takes {size} of memory."
    ]


def _outside(grid: MosaicGrid, footprints: dict[str, Corners]) -> str:
    """Return HTML that lists exposures partly outside the grid."""
    outside = [root for root, corners in footprints.items() if not grid.holds(corners)]
    if not outside:
        return ""
    more = f" and {len(outside) - 1} others" if len(outside) > 1 else ""
    return sentences(
        [f"{outside[0]}{more} lie partly outside: make the grid larger, or leave its size open."], "warn"
    )
