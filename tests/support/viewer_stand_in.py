"""A viewer that models can read: what is drawn in it, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miri_widgets.models.viewed_image import NoViewer


class ViewerStandIn(NoViewer):
    """Regions and a view that a test gives; like no viewer, it leaves `displayed` to `show`."""

    def __init__(
        self, regions: Mapping[str, Any] | None = None, view: Mapping[str, Any] | None = None
    ) -> None:
        self._regions, self._view = regions or {}, view

    def regions(self) -> Mapping[str, Any]:
        return self._regions

    def view(self) -> Mapping[str, Any] | None:
        return self._view
