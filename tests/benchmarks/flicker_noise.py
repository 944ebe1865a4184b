"""
Column stripes in ramps: ``clean_flicker_noise`` inside Detector1 beside our cleaning of its rates.

One exposure of a SUB256 field with injected stripes is reduced four times: as it is, with the step of the pipeline
(its background a median, or none), and as it is with stripes taken off integrations and rate.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.stripes.stripes import compare_cleanings

__all__ = ["FIGURES", "measure"]

_STEP = "clean_flicker_noise"
_WAYS: dict[str, dict[str, Any]] = {
    "none": {},
    "pipeline": {f"{_STEP}.skip": False, f"{_STEP}.fit_method": "median", f"{_STEP}.background_method": "median"},
    "pipeline_no_background": {
        f"{_STEP}.skip": False, f"{_STEP}.fit_method": "median", f"{_STEP}.background_method": None,
    },
}  # fmt: skip
FIGURES = (*_WAYS, "ours")
"""Ways of cleaning, in the order of the table."""


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return, by way of cleaning, the column stripes that are left over those injected, and notes."""
    from miri_widgets.simulation import PROGRAMS, simulate, write_reference_cache

    small = PROGRAMS["small"]
    program = replace(
        small, tiles=small.tiles[:1], dithers=small.dithers[:1], effects=replace(small.effects, stripes=True)
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cache = write_reference_cache(folder / "crds", filters=program.filters, subarrays=(program.subarray,))
        made = simulate(program, folder, processes=1)
        rates = _reduced(made.uncal[0], folder, cache.environment())
        return _figures(rates, _stripes(made.truth, made.uncal[0].name))


def _stripes(path: Path, name: str) -> NDArray[np.float32]:
    from miri_widgets.simulation import load_truth

    return load_truth(path).artefacts(name)["stripes"]


def _reduced(uncal: Path, folder: Path, environment: Mapping[str, str]) -> dict[str, ExposureArrays]:
    """Reduce in a process of its own, whose environment CRDS reads when it is imported."""
    from miri_widgets.steps.exposure_files import read_exposure_arrays

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=_begin, initargs=(dict(environment),)
    ) as pool:
        rates = {
            name: pool.submit(_run, "detector1", uncal, values, folder / name).result(300)
            for name, values in _WAYS.items()
        }
        rates["ours"] = pool.submit(
            _run, "rate_stripes", rates["none"], {"prove": False}, folder / "ours"
        ).result(300)
    return {name: read_exposure_arrays(path) for name, path in rates.items()}


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def _run(stage: str, source: Path, values: dict[str, Any], output: Path) -> Path:
    from miri_widgets.steps.execute import execute

    output.mkdir(parents=True, exist_ok=True)
    return output / execute(stage, [source], values, output).products[0]


def _figures(
    rates: dict[str, ExposureArrays], injected: NDArray[np.float32]
) -> tuple[dict[str, float | None], list[str]]:
    good = np.logical_and.reduce([one.good for one in rates.values()])
    columns = _profile(injected, good)
    figures: dict[str, float | None] = {}
    for name, planes in rates.items():
        # against the exposure as it is, minus its stripes: what the sky adds to a column is in both
        wrong = planes.sci - (rates["none"].sci - injected)
        figures[name] = float(np.std(_profile(wrong, good)) / np.std(columns))
    compared = compare_cleanings(rates["none"], {name: rates[name] for name in FIGURES[1:]})
    notes = [
        f"stripes, columns of ramps in SUB256, {name}: {figures[name]:.3f} of the injected rms left; column power "
        f"{one['column_power_before']:.4f} to {one['column_power_after']:.4f} DN/s"
        for name, one in compared.items()
    ]
    return figures, notes


def _profile(image: NDArray, good: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Median of each column that has pixels."""
    usable = good.sum(axis=0) > good.shape[0] // 4
    return np.asarray(np.nanmedian(np.where(good, image, np.nan)[:, usable], axis=0), float)
