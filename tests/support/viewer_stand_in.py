"""A viewer that models can read: what is drawn in it, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miri_widgets.models.viewed_image import NoViewer


class ViewerStandIn(NoViewer):
    """Regions and a view that a test gives; like no viewer, it leaves `displayed` to `show`."""

    def __init__(
        self, regions: Mapping[str, Any] | None = None, state: Mapping[str, Any] | None = None
    ) -> None:
        self._regions, self._state = regions or {}, state

    def regions(self) -> Mapping[str, Any]:
        return self._regions

    def state(self) -> Mapping[str, Any] | None:
        return self._state
