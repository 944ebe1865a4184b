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


@dataclass
class OwnRuns:
    """Our corrections of calibrated exposures: their inputs, and what a run of each stage has made of them."""

    cals: tuple[Path, ...]
    call: Callable[..., Any]
    folder: Path

    # settings with which each stage has something to do on these exposures
    settings = {  # noqa: RUF012 - never changed
        "areas": {"margin": 150},
        "warm_pixels": {},
        "sky": {},
        # without a decimal point, which stpipe takes for a dotted name in the text of a hook
        "pullupdown": {"brighter_than": 300},
        "stripes": {},
        "level_match": {"group": "exposure", "box": 8},
    }

    def __post_init__(self) -> None:
        self._made: dict[str, tuple[Any, Path]] = {}

    def inputs(self, stage: Any) -> tuple[Path, ...]:
        """All exposures for a stage that takes them together, else the first."""
        return self.cals[:1] if stage.scope == "exposure" else self.cals

    def executed(self, stage: Any) -> tuple[Any, Path]:
        """Result and folder of one run of the stage, made once, as the engine makes it."""
        from miri_widgets.steps.execute import execute

        if stage.name not in self._made:
            # a folder whose name holds suffixes of products
            output = self.folder / "stage_rate_cal" / stage.name
            result = self.call(
                execute,
                stage.name,
                self.inputs(stage)[::-1],
                self.settings[stage.name],
                output,
                product_name="own",
            )
            self._made[stage.name] = result, output
        return self._made[stage.name]

    def association(self, folder: Path, files: tuple[Path, ...]) -> Path:
        """Write an association of exposures, in the given order, with full paths."""
        from miri_widgets.products.association import level3_association, write_association

        association = level3_association(sorted(files), product_name="own", program="01050")
        association["products"][0]["members"] = [
            {"expname": str(path), "exptype": "science"} for path in files
        ]
        write_association(association, folder / "own_asn.json")
        return folder / "own_asn.json"


@pytest.fixture(scope="session")
def own_runs(small_program, in_child, tmp_path_factory) -> Iterator[OwnRuns]:
    """Four calibrated exposures with all artefacts, and a process that runs stages on them."""
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.simulation.effects import CAL_EFFECTS

    folder = tmp_path_factory.mktemp("own")
    effects = [name for name in CAL_EFFECTS if name != "pointing_error"]
    made = calibrated_program("sparse", "F560W", dithers=4, shape="SUB256", effects=effects)
    cals = tuple(write_cal(one, folder / "stage2") for one in made)
    with in_child(small_program.environment) as call:
        yield OwnRuns(cals, call, folder)
