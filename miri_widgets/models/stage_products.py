"""The products of a chain of stages: which image of an exposure is the newest, and what lies before it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from pathlib import Path

from miri_widgets.analysis.pixel_history import PixelRequest
from miri_widgets.errors import WrongSuffixError
from miri_widgets.models.planned_stages import PlannedStages
from miri_widgets.products.names import ExposureName, root_of, suffix_of

__all__ = ["StageProducts"]

_IMAGES_OF_EXPOSURES = ("rate", "cal", "crf")
_RAMPS = ("ramp", "uncal")
_IMAGES = ("rate", "cal", "crf", "i2d")


class StageProducts(PlannedStages):
    """Planned stages that find the products of their complete runs."""

    def latest_product(self, root: str) -> Path | None:
        """
        Return the image of an exposure that is furthest in the chain, else its raw file; None when it is unknown.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        made = self.latest_products().get(root)
        if made is not None:
            return made
        exposure = self.programs.find(root)
        return exposure.path if exposure is not None else None

    def latest_products(self, suffixes: Iterable[str] = _IMAGES_OF_EXPOSURES) -> dict[str, Path]:
        """
        Return the product of each exposure that is furthest in the chain, by root.

        Parameters
        ----------
        suffixes : iterable of str
            Kinds of products that count.
        """
        kinds = frozenset(suffixes)
        products: dict[str, Path] = {}
        for stage in self.stages.values():
            for row in stage.rows:
                several = len(row.exposures) > 1
                for path in row.products:
                    if path.suffix == ".fits" and suffix_of(path) in kinds:
                        root = root_of(path) if several else (*row.exposures, "")[0]
                        # members of a mosaic bear the candidate of its association: what the mosaic made of an exposure
                        if root in row.exposures and not (
                            several and path.stem != f"{root}_{suffix_of(path)}"
                        ):
                            products[root] = path
        return products

    def inputs_of(self, name: str) -> dict[str, Path]:
        """
        Return the files that go into the runs of a stage, by exposure; those that are there already.

        Parameters
        ----------
        name : str
            Name of the stage.
        """
        return {
            root_of(path): path
            for plan in self.plans
            if plan.stage == name
            for path in self.services.inputs(plan)
            if path.is_file()
        }

    def pixel_request(self, path: Path | None, x: float, y: float) -> PixelRequest | None:
        """
        Return what to read for the history of a pixel: the products of its exposure, stage by stage.

        Parameters
        ----------
        path : Path or None
            The image; without one there is no request.
        x, y : float
            0-based pixels.
        """
        if path is None:
            return None
        column, row = math.floor(x + 0.5), math.floor(y + 0.5)
        try:
            root = ExposureName.parse(path).root
        except WrongSuffixError:
            return PixelRequest(path.name, column, row, images=(("", Path(path)),))
        exposure = self.programs.find(root)
        images, ramps = [], [exposure.path] if exposure is not None else []
        for stage in self.stages.values():
            title = stage.stage.title.partition(":")[0]
            runs = (run for run in stage.rows if root in run.exposures)
            for product in _of_exposure(root, (product for run in runs for product in run.products)):
                if suffix_of(product) in _IMAGES:
                    images.append((title, product))
                elif suffix_of(product) in _RAMPS:
                    ramps.insert(0, product)
        if not images and suffix_of(path) in _IMAGES:
            images = [("", Path(path))]
        return PixelRequest(
            exposure.label if exposure is not None else root, column, row, tuple(ramps), tuple(images)
        )


def _of_exposure(root: str, paths: Iterable[Path]) -> list[Path]:
    """Return the products of one exposure, each once."""
    products = []
    for path in dict.fromkeys(paths):
        # a single exposure's own mosaic has other pixels
        if suffix_of(path) == "i2d":
            continue
        with contextlib.suppress(WrongSuffixError):
            if ExposureName.parse(path).root == root:
                products.append(path)
    return products
