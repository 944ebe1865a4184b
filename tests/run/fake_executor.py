"""Does a stage's work in no time: reports, writes, fails or dies as its inputs and settings say."""

import ctypes
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

from miri_widgets.errors import StepFailedError

STEPS = ("dq_init", "jump", "ramp_fit")
SUFFIXES = {"detector1": ("rate", "rateints"), "image2": ("cal", "i2d"), "image3": ("i2d",)}


def execute(stage, inputs, settings, output, *, product_name="", report=lambda step: None):
    name = product_name or Path(inputs[0]).name.rpartition("_")[0]
    with (output / "journal.txt").open("w") as stream:
        stream.write(f"{os.getpid()} {os.getcwd()}\n")
    (output / "switch.txt").write_text(os.environ.get("MIRI_WIDGETS_ACCELERATION_OFF", ""))
    print(f"working on {name}")
    warnings.warn("a warning of the pipeline", stacklevel=1)
    for index, step in enumerate(STEPS, start=1):
        report(SimpleNamespace(step=step, index=index, total=len(STEPS), state="running", seconds=0.0))
        time.sleep(float(settings.get("jump.seconds", 0.02)) / len(STEPS))
        if step == "jump":
            _hold(settings.get("jump.hold_until", ""))
            _misbehave(stage, inputs, settings, name, output)
        report(SimpleNamespace(step=step, index=index, total=len(STEPS), state="done", seconds=0.01))
    products = []
    for suffix in SUFFIXES[stage]:
        path = output / f"{name}_{suffix}.fits"
        path.write_text(
            f"{stage} {name} {dict(sorted(settings.items()))} {[Path(p).read_text() for p in inputs]}"
        )
        products.append(path.name)
    return SimpleNamespace(
        accelerations={},
        products=tuple(products),
        resolved={**settings, "jump.skip": False},
        references={"dark": "jwst_miri_dark_0001.fits"},
        crds_context=os.environ["CRDS_CONTEXT"],
        versions={"jwst": "x"},
        steps=tuple({"name": step, "state": "done", "seconds": 0.01} for step in STEPS),
        warnings=(),
        facts={"mean": 1.5, **_report(settings)},
    )


def _hold(path, limit=600.0):
    """Work until a file appears: a test says when the run may end."""
    end = time.monotonic() + limit
    while path and not Path(path).exists() and time.monotonic() < end:
        time.sleep(0.05)


def _report(settings):
    """What a step of ours would tell."""
    verdict = settings.get("jump.verdict")
    if not verdict:
        return {}
    return {
        "report": {"proof": {"verdict": verdict, "sentences": ["Fluxes of added sources change by -7 %."]}}
    }


def _misbehave(stage, inputs, settings, name, output):
    text = Path(inputs[0]).read_text() if stage == "detector1" else ""
    way = settings.get("jump.way", "") or text.partition("!")[2].strip()
    if way == "fail":
        raise StepFailedError(f"jump of {name} raised", "good ramps", "look at the ramps")
    if way == "bug":
        raise ValueError("boom <b>")
    if way == "exit":
        sys.exit(3)
    if way == "quit":
        os._exit(7)
    if way == "segfault":
        ctypes.string_at(0)
    if way == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if way == "killed once":
        mark = output.parents[2] / "was_killed"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if way == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        time.sleep(3600)  # longer than any test waits: it ends when it is killed
