"""
Time and memory of the sky of 20 and of 100 full exposures, beside the algorithm of the notebooks.

Each variant runs in a process of its own, on the same files; imports, the same for all, are not timed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import notebook_sky
from keys import Key

from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.sky.subtraction import subtract_sky

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("sky.speedup", "ratio", at_least=5),
    Key("sky.cpu_ratio", "ratio"),
    Key("sky.seconds", "s"),
    Key("sky.seconds.notebook", "s"),
    Key("sky.memory_ratio", "ratio", at_most=1 / 3),
    Key("sky.memory_growth", "ratio", at_most=1.1),
    Key("sky.memory_mb", "MB"),
    Key("sky.memory_mb.notebook", "MB"),
)
SHAPE = (1024, 1032)
REPEATS = 9


def prepare(folder: Path, count: int) -> None:
    """Write exposures: a pattern, noise, 300 sources each, and the flags of a detector."""
    y, x = np.indices(SHAPE, dtype=np.float32)
    pattern = 1 + 0.03 * np.sin(x / 50) + 0.02 * y / 1024
    rng = np.random.default_rng(0)
    dq = np.where(rng.uniform(size=SHAPE) < 0.004, 1 + 2048, 0).astype(np.uint32)
    dq[:716, :360] |= 513
    np.save(folder / "dq.npy", dq)
    err = np.full(SHAPE, 0.03, np.float32)
    err[dq != 0] = np.nan
    np.save(folder / "err.npy", err)
    star = np.exp(-(np.linspace(-3, 3, 15)[:, None] ** 2 + np.linspace(-3, 3, 15) ** 2)).astype(np.float32)
    for index in range(count):
        sci = pattern * np.float32(5.3 + 0.01 * (index % 5)) + 0.03 * rng.standard_normal(SHAPE, np.float32)
        places = rng.integers(8, 1016, (300, 2))
        for (row, column), peak in zip(places, 0.1 * rng.pareto(1.0, 300), strict=True):
            sci[row - 7 : row + 8, column - 7 : column + 8] += min(float(peak), 50) * star
        sci[dq != 0] = np.nan
        np.save(folder / f"sci{index}.npy", sci)


def exposure(folder: Path, index: int) -> ExposureArrays:
    """Read one exposure."""
    sky = partial(_to_sky, index)
    arrays = (np.load(folder / f"{name}.npy") for name in (f"sci{index}", "err", "dq"))
    return ExposureArrays(*arrays, root=str(index), filter="F770W", start_mjd=float(index), to_sky=sky)


def _to_sky(index: int, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(x) * 3e-5 + 1e-3 * index, np.asarray(y) * 3e-5


def child(variant: str, folder: Path, count: int) -> None:
    """Subtract the sky from all exposures, one result in memory at a time; print seconds and the peak in MB."""
    exposures = Lazy(count, partial(exposure, folder))
    start, total, cpu = time.perf_counter(), 0.0, time.process_time()
    if variant == "notebook":
        sky, levels = notebook_sky.make_sky(exposures, scalebkg=True)
        results = notebook_sky.subtract(exposures, sky, levels, scalebkg=True)
    else:
        results = iter(subtract_sky(exposures).exposures)
    for planes in results:
        total += float(planes.sci[512, 700])
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"seconds": seconds, "peak": peak, "cpu": cpu, "total": total}))


def run(variant: str, folder: Path, count: int) -> dict[str, float]:
    """Run one variant in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, variant, str(folder), str(count)]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(output))


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Run the variants in turn, nine times; the fastest of each counts, and the largest memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 100)
        pairs = [(run("ours", folder, 20), run("notebook", folder, 20)) for _ in range(REPEATS)]
        many = run("ours", folder, 100)
    seconds, plain = (min(pair[place]["seconds"] for pair in pairs) for place in (0, 1))
    peak, peak_plain = (max(pair[place]["peak"] for pair in pairs) for place in (0, 1))
    cpu, cpu_plain = (min(pair[place]["cpu"] for pair in pairs) for place in (0, 1))
    load = os.getloadavg()[0]
    values: dict[str, float | None] = {
        "sky.cpu_ratio": cpu_plain / cpu,
        "sky.speedup": plain / seconds,
        "sky.seconds": seconds,
        "sky.seconds.notebook": plain,
        "sky.memory_ratio": peak / peak_plain,
        "sky.memory_growth": many["peak"] / peak,
        "sky.memory_mb": peak,
        "sky.memory_mb.notebook": peak_plain,
    }
    note = (
        f"sky: 100 exposures took {many['seconds']:.1f} s and {many['peak']:.0f} MB; whole processes, imports included; "
        f"load of the machine {load:.1f} on {os.cpu_count()} cores: two threads help only where a core is free"
    )
    return values, [note]


if __name__ == "__main__":
    if len(sys.argv) == 4:
        child(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
        raise SystemExit(0)
    from tables import write

    raise SystemExit(int(bool(write("sky_bench", KEYS, *measure()))))
