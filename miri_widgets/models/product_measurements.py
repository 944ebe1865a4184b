"""What is measured once for all views of a session: the pixels of its products, and the sources of its mosaics."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miri_widgets.analysis.image_statistics import PixelMeasurement, measure
from miri_widgets.analysis.source_catalog import ProgramCatalog, catalog_of
from miri_widgets.errors import MiriWidgetsError

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["ProductMeasurements"]


class ProductMeasurements:
    """
    Measures each product once; a failure is a result, too.

    Parameters
    ----------
    session : SessionModel
        Its `measured` and `catalogs` get the results.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session
        self._pending: set[Hashable] = set()

    def measure(self, path: Path) -> None:
        """Measure a product, unless it is."""
        if path not in self.session.measured:
            self._start(path, partial(self._take_measured, path), PixelMeasurement.failed, measure)

    def catalog(self, mosaics: tuple[Path, ...]) -> None:
        """Make the catalogue of some mosaics, unless there is one."""
        if mosaics not in self.session.catalogs:
            self._start(mosaics, partial(self._take_catalog, mosaics), ProgramCatalog.failed, catalog_of)

    def _start(
        self,
        key: Path | tuple[Path, ...],
        take: Callable[[Any], None],
        failed: Callable[[MiriWidgetsError], Any],
        call: Callable[..., Any],
    ) -> None:
        if key in self._pending:
            return
        task = self.session.background.start(call, key, done=take, failed=lambda error: take(failed(error)))
        if task.pending:
            self._pending.add(key)

    def _take_measured(self, path: Path, result: PixelMeasurement) -> None:
        self._pending.discard(path)
        self.session.measured = {**self.session.measured, path: result}

    def _take_catalog(self, mosaics: tuple[Path, ...], result: ProgramCatalog) -> None:
        self._pending.discard(mosaics)
        self.session.catalogs = {**self.session.catalogs, mosaics: result}
