"""Fixtures of the steps room: declarations read once, a simulated program, and processes like the engine's."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits


@dataclass(frozen=True)
class SmallProgram:
    """A simulated program of four exposures in SUB256."""

    uncal: tuple[Path, ...]
    environment: dict[str, str]
    truth: Path


@pytest.fixture(scope="session")
def small_program(tmp_path_factory) -> SmallProgram:
    from miri_widgets.simulation import PROGRAMS, simulate, write_reference_cache

    folder = tmp_path_factory.mktemp("small")
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB256",))
    made = simulate(PROGRAMS["small"], folder, processes=1)
    return SmallProgram(made.uncal, cache.environment(), made.truth)


@contextmanager
def child(environment: Mapping[str, str], before: str = "") -> Iterator[Callable[..., Any]]:
    """Give a caller of importable functions in one process forked with the pipeline in memory."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["jwst.pipeline", "miri_widgets.steps.execute"])
    # the fork server keeps the environment of its start: each child is given its own
    keep = {key: value for key, value in os.environ.items() if not key.startswith("CRDS_")}
    code = f"import os; os.environ.clear(); os.environ.update({ ({**keep, **environment})!r})\n" + before
    with ProcessPoolExecutor(1, mp_context=context, initializer=exec, initargs=(code,)) as pool:
        yield lambda function, *arguments, **named: pool.submit(function, *arguments, **named).result(300)


@pytest.fixture(scope="session")
def in_child() -> Callable[..., Any]:
    """Give `child`: processes like the engine's."""
    return child


@pytest.fixture
def make_exposure(tmp_path) -> Callable[..., Path]:
    """Write a tiny file with the header of a MIRI exposure."""

    def make(name: str = "jw01041001001_02101_00001_mirimage_uncal.fits", **cards: Any) -> Path:
        axes = {"uncal": 4, "rate": 2, "cal": 2}[name.rpartition("_")[2].removesuffix(".fits")]
        primary = fits.PrimaryHDU()
        header = {
            "TELESCOP": "JWST",
            "INSTRUME": "MIRI",
            "DETECTOR": "MIRIMAGE",
            "EXP_TYPE": "MIR_IMAGE",
            "FILTER": "F560W",
            "SUBARRAY": "SUB256",
            **cards,
        }
        primary.header.update({key: value for key, value in header.items() if value is not None})
        import numpy as np

        image = fits.ImageHDU(np.zeros((1, 2, 4, 4)[4 - axes :], dtype="uint16"), name="SCI")
        path = tmp_path / name
        fits.HDUList([primary, image]).writeto(path, overwrite=True)
        return path

    return make
