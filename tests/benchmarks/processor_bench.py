"""
Processor time and memory of one run, ours against the official pipeline, with the same products bit by bit.

Ratios of processor times of one run hardly depend on what else the machine does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from astropy.io import fits
from keys import Key

from miri_widgets.products.product_digest import content_hash
from miri_widgets.simulation import PROGRAMS, crds_environment, simulate
from miri_widgets.simulation.program import SimulatedProgram, SimulatedTile
from miri_widgets.simulation.twins import ensure_twin

KEYS = (
    Key("engine.cpu_ratio", "ratio", at_most=0.45),
    Key("engine.stock_cpu_s", "s"),
    Key("engine.cpu_s", "s"),
    Key("engine.memory_ratio", "ratio", at_most=1.0),
    Key("engine.many_ints_cpu_ratio", "ratio", at_most=0.5),
    Key("engine.different_products", "products", at_most=0),
    Key("image3.cpu_ratio", "ratio", at_least=1.8),
    Key("image3.largest_change", "MJy/sr", at_most=1e-3),
    Key("image3.rms_change", "MJy/sr"),
    Key("image3.different_flags", "exposures", at_most=0),
)

REPEATS = 3
CHAIN = "detector1,image2"
FAST = ":".join(
    f"{step}.{name}"
    for step in ("outlier_detection", "resample")
    for name in ("pixmap_stepsize=10", "pixmap_order=3")
)
MEMBERS = 8
_MANY_INTS = {"subarray": "SUB64", "ngroups": 10, "nints": 50}


class Trials:
    """Simulated exposures and a folder for what is made of them."""

    def __init__(self) -> None:
        twin = ensure_twin("demo")
        self.environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            **crds_environment(twin.cache, twin.context),
        }
        self.uncal = twin.uncal
        self.folder = Path(tempfile.mkdtemp(prefix="miri-processor-"))

    def simulated(self, program: SimulatedProgram) -> list[Path]:
        """Simulate a program and return its raw exposures."""
        return sorted(simulate(program, self.folder / program.name).uncal)

    def run(self, name: str, way: str, stages: str, files: Sequence[Path]) -> tuple[float, float, Path]:
        """Return processor seconds, peak memory and the folder of the products."""
        output = self.folder / name
        shutil.rmtree(output, ignore_errors=True)
        command = [
            sys.executable,
            str(Path(__file__).with_name("processor_task.py")),
            way,
            stages,
            str(output),
        ]
        done = subprocess.run(
            [*command, *map(str, files)], env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        )
        seconds, peak = map(float, done.stdout.split()[-2:])
        return seconds, peak, output

    def compared(self, name: str, files: Sequence[Path]) -> tuple[float, float, float, int]:
        """Return seconds of the pipeline, ours over it, memory ours over it, and how many products differ."""
        seconds: dict[str, list[float]] = {"stock": [], "ours": []}
        peaks: dict[str, float] = {}
        folders: dict[str, Path] = {}
        for number in range(REPEATS):
            for way in ("stock", "ours") if number % 2 == 0 else ("ours", "stock"):
                taken, peaks[way], folders[way] = self.run(f"{name}-{way}", way, CHAIN, files)
                seconds[way].append(taken)
                print(f"  {name}: {way} {taken:.2f} s of the processor, {peaks[way]:.0f} MB", flush=True)
        ratio = median(seconds["ours"]) / median(seconds["stock"])
        return median(seconds["stock"]), ratio, peaks["ours"] / peaks["stock"], differing(*folders.values())

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def differing(first: Path, second: Path) -> int:
    """Return how many products are not the same in two folders; a product that only one has is one of them."""
    names = {path.relative_to(folder) for folder in (first, second) for path in folder.rglob("*.fits")}
    if not names:
        raise RuntimeError(f"no products in {first} and {second}")
    return sum(
        not ((first / name).is_file() and (second / name).is_file())
        or content_hash(first / name) != content_hash(second / name)
        for name in names
    )


def mosaics(trials: Trials) -> dict[str, float]:
    """Compare image3 with the pixel map by splines against image3 as the pipeline has it."""
    raw = list(trials.uncal)
    if len(raw) < MEMBERS:
        program = PROGRAMS["demo"]
        dithers = (*program.dithers, (1.97, -2.61))
        raw = trials.simulated(program.replace(name="members", dithers=dithers))
    calibrated = []
    for number, path in enumerate(raw[:MEMBERS]):
        *_, output = trials.run(f"member-{number}", "ours", CHAIN, [path])
        calibrated += sorted((output / "image2").glob("*_cal.fits"))
    stock, _, plain = trials.run("mosaic", "stock", "image3", calibrated)
    fast, _, quick = trials.run("mosaic-fast", "ours", f"image3:{FAST}", calibrated)
    print(
        f"  image3 of {len(calibrated)} exposures: stock {stock:.2f} s of the processor, fast {fast:.2f} s",
        flush=True,
    )
    images = [fits.getdata(folder / "image3" / "bench_i2d.fits", "SCI") for folder in (plain, quick)]
    change = np.abs(images[1].astype(float) - images[0])
    # a pixel that only one has counts as the whole of the change
    holes = np.isnan(images[0]) != np.isnan(images[1])
    flags = [
        not np.array_equal(fits.getdata(path, "DQ"), fits.getdata(quick / "image3" / path.name, "DQ"))
        for path in sorted((plain / "image3").glob("*_crf.fits"))
    ]
    if len(flags) != len(calibrated):
        raise RuntimeError(f"{len(flags)} crf products of {len(calibrated)} exposures")
    return {
        "image3.cpu_ratio": stock / fast,
        "image3.largest_change": float("inf") if holes.any() else float(np.nanmax(change)),
        "image3.rms_change": float(np.sqrt(np.nanmean(change**2))),
        "image3.different_flags": sum(flags),
    }


def measure() -> dict[str, float]:
    """Return the figures of single runs."""
    trials = Trials()
    try:
        stock, ratio, memory, different = trials.compared("full", trials.uncal[:1])
        program = PROGRAMS["small"].replace(
            name="many", tiles=(SimulatedTile(visit=1),), dithers=((0.0, 0.0),), **_MANY_INTS
        )
        _, many, many_memory, many_different = trials.compared("many", trials.simulated(program))
        return {
            "engine.cpu_ratio": ratio,
            "engine.stock_cpu_s": stock,
            "engine.cpu_s": stock * ratio,
            "engine.memory_ratio": max(memory, many_memory),
            "engine.many_ints_cpu_ratio": many,
            "engine.different_products": different + many_different,
            **mosaics(trials),
        }
    finally:
        trials.close()
