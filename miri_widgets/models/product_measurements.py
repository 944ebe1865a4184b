"""What is measured once for all views of a session: the pixels of its products, and the sources of its mosaics."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.analysis.catalog_sources import ProgramCatalog
from miri_widgets.analysis.image_statistics import PixelMeasurement, measure
from miri_widgets.analysis.source_catalog import catalog_of
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import Background

__all__ = ["ProductMeasurements"]


class ProductMeasurements(traitlets.HasTraits):
    """Measures each product once; a failure is a result, too."""

    measured: traitlets.Dict[Any, Any] = traitlets.Dict(help="Path -> PixelMeasurement")
    catalogs: traitlets.Dict[Any, Any] = traitlets.Dict(help="tuple of paths of mosaics -> ProgramCatalog")

    background: Background
    """Where the work is done."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._pending: set[Hashable] = set()

    def ask_measure(self, path: Path) -> None:
        """
        Measure a product, unless it is.

        Parameters
        ----------
        path : Path
            A product with an image; the result is in `measured`.
        """
        if path not in self.measured:
            self._start(path, partial(self._take_measured, path), PixelMeasurement.failed, measure)

    def ask_catalog(self, mosaics: tuple[Path, ...]) -> None:
        """
        Make the catalogue of some mosaics, unless there is one.

        Parameters
        ----------
        mosaics : tuple of Path
            Mosaics (i2d).
        """
        if mosaics not in self.catalogs:
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
        task = self.background.start(call, key, done=take, failed=lambda error: take(failed(error)))
        if task.pending:
            self._pending.add(key)

    def _take_measured(self, path: Path, result: PixelMeasurement) -> None:
        self._pending.discard(path)
        self.measured = {**self.measured, path: result}

    def _take_catalog(self, mosaics: tuple[Path, ...], result: ProgramCatalog) -> None:
        self._pending.discard(mosaics)
        self.catalogs = {**self.catalogs, mosaics: result}
