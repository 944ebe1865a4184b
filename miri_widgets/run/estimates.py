"""What a run is going to need: memory, time and disk, from earlier runs or from the size of the data."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from filelock import lock_descriptor

from miri_widgets.products.exposure import Exposure
from miri_widgets.run.workspace import Workspace
from miri_widgets.serialization import Serializable
from miri_widgets.steps.stages import RunCost, Stage, all_stages

__all__ = ["Estimate", "Measured", "estimate", "note_measured", "read_measured", "size_name"]

_MARGIN = 1.15  # jobs of one size scatter by a few per cent; the worst seen with a reserve
_TAIL_BYTES = 200_000
_SIZE = re.compile(r"(?:(\d+)\*)?(\d+)x(\d+)x(\d+)x(\d+)")
_EACH, _TOGETHER = RunCost(0.9, 0.0, 1.0, 0.0), RunCost(1.0, 0.5, 1.0, 0.0)
"""Times of stages that declare none, with one exposure or several."""
_BYTES_PER_PIXEL = 90.0
"""Of products of stages that are not known here any more."""


@dataclass(frozen=True)
class Estimate:
    """
    Predicted need of one run.

    Attributes
    ----------
    memory_mb, seconds, product_bytes : float
        Peak memory in MB, wall-clock time in s, bytes of products.
    measured : bool
        Whether the time comes from earlier runs of the stage on this machine.
    """

    memory_mb: float
    seconds: float
    product_bytes: float
    measured: bool = False


@dataclass(frozen=True)
class Measured(Serializable):
    """What one run took: stage and size of its data, peak memory in MB, seconds."""

    stage: str
    size: str
    memory_mb: float
    seconds: float


def size_name(exposures: Sequence[Exposure]) -> str:
    """
    Return the size of the data in a word, the same for runs that need the same.

    Parameters
    ----------
    exposures : sequence of Exposure
        The exposures.
    """
    largest = max(exposures, key=_samples)
    shape = f"{largest.ny}x{largest.nx}x{largest.ngroups}x{largest.nints}"
    return shape if len(exposures) == 1 else f"{len(exposures)}*{shape}"


def note_measured(workspace: Workspace, measured: Measured) -> None:
    """
    Remember what a run took.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    measured : Measured
        What the run took.
    """
    line = json.dumps(measured.to_dict()).encode() + b"\n"
    descriptor = os.open(workspace.measured, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        lock_descriptor(descriptor, poll_interval=0.005)
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def read_measured(path: Path) -> tuple[Measured, ...]:
    """
    Return what the latest runs took; damaged lines are left out.

    Parameters
    ----------
    path : Path
        The file of measurements.
    """
    try:
        with Path(path).open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL_BYTES))
            lines = stream.read().splitlines()
    except OSError:
        return ()
    return tuple(measured for measured in map(_measured, lines) if measured is not None)


def _measured(line: bytes) -> Measured | None:
    try:
        return Measured.from_dict(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def estimate(stage: str, exposures: Sequence[Exposure], earlier: Sequence[Measured]) -> Estimate:
    """
    Predict the need of one run.

    Parameters
    ----------
    stage : str
        The stage.
    exposures : sequence of Exposure
        What goes in, together.
    earlier : sequence of Measured
        Earlier runs; those of the same stage and size count.

    Returns
    -------
    Estimate
        Its `measured` is True when runs of this stage are among the earlier ones.

    Notes
    -----
    Runs of the same stage on data of other sizes tell how fast this machine is; where there are none, runs of
    other stages do. Without any the figures are straight lines through times and peak resident
    memory measured with jwst 3.0 on two cores: detector1 FULL 5x1
    668 MB, 10x1 939 MB, 10x2 1506 MB; image2 FULL 502 MB; image3 of eight
    FULL exposures 960 MB.
    """
    size = size_name(exposures)
    alike = [measured for measured in earlier if measured.stage == stage and measured.size == size]
    memory, seconds = _from_size(stage, exposures)
    seconds *= _pace(stage, earlier)
    if alike:
        memory = max(item.memory_mb for item in alike) * _MARGIN
        seconds = median(item.seconds for item in alike)
    pixels = sum(exposure.ny * exposure.nx for exposure in exposures)
    known = _known(stage)
    integrations = max(exposure.nints for exposure in exposures) if stage == "detector1" else 1
    written = pixels * (known.bytes_per_pixel if known else _BYTES_PER_PIXEL) * max(1.0, integrations / 2)
    return Estimate(memory, seconds, written, any(measured.stage == stage for measured in earlier))


def _pace(stage: str, earlier: Sequence[Measured]) -> float:
    """Return how many times longer than predicted runs took on this machine: those of a stage, else those of all."""
    ratios: dict[str, list[float]] = {}
    for measured in earlier:
        size = _SIZE.fullmatch(measured.size)
        if size is not None and measured.seconds > 0:
            count, ny, nx, ngroups, nints = (int(part or 1) for part in size.groups())
            pixels = count * ny * nx
            plain = _line(measured.stage, count, pixels, pixels * ngroups * nints)[1]
            ratios.setdefault(measured.stage, []).append(measured.seconds / plain)
    if stage in ratios:
        return median(ratios[stage])
    return median(median(some) for some in ratios.values()) if ratios else 1.0


def _from_size(stage: str, exposures: Sequence[Exposure]) -> tuple[float, float]:
    pixels = sum(exposure.ny * exposure.nx for exposure in exposures)
    return _line(stage, len(exposures), pixels, sum(_samples(exposure) for exposure in exposures))


def _line(stage: str, count: int, pixels: int, samples: int) -> tuple[float, float]:
    """Return memory in MB and seconds, by number of exposures, pixels of all, and samples of all."""
    millions = pixels / 1e6
    known = _known(stage)
    cost = (known.cost if known else None) or (_EACH if count == 1 else _TOGETHER)
    seconds = (
        cost.constant
        + cost.per_exposure * count
        + cost.per_million_pixels * millions
        + cost.per_million_samples * samples / 1e6
    )
    if stage == "detector1":
        memory = 380.0 + 55.0 * samples / 1e6
    elif count == 1 or not cost.holds_all:
        memory = 310.0 + 200.0 * millions / count
    else:
        memory = 450.0 + 65.0 * millions
    return memory, seconds


def _known(stage: str) -> Stage | None:
    """Return a stage; None for one that ran before, of a package that is gone."""
    return next((known_stage for known_stage in all_stages() if known_stage.name == stage), None)


def _samples(exposure: Exposure) -> int:
    return exposure.ny * exposure.nx * max(exposure.ngroups, 1) * max(exposure.nints, 1)
