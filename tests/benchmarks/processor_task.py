"""
One chain of stages in a process that is forked from a warm one with a frozen heap: what a run of the engine has.

Usage: python processor_task.py WAY STAGES OUTPUT FILE ...

WAY is ``stock`` (``Pipeline.call``, as the manuals do it) or ``ours`` (as the engine does it, records aside). STAGES are
``detector1,image2`` for one exposure or ``image3`` for several, with ``:NAME=VALUE`` for each parameter. Prints the
processor seconds and the peak memory [MB] of the child.
"""

from __future__ import annotations

import ast
import logging
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from miri_widgets.run.preload import PIPELINE_MODULES, preload


def settings_of(text: str) -> tuple[str, dict[str, Any]]:
    """Return the stage and its settings, from ``STAGE:NAME=VALUE:...``."""
    stage, *given = text.split(":")
    pairs = (one.partition("=") for one in given)
    return stage, {name: ast.literal_eval(value) for name, _, value in pairs}


def official(stage: str, settings: dict[str, Any], sources: list[Path], output: Path) -> None:
    """Call the pipeline of a stage."""
    import jwst.pipeline
    from jwst.associations.asn_from_list import asn_from_list
    from jwst.associations.lib.rules_level3_base import DMS_Level3_Base

    steps: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        step, _, label = name.rpartition(".")
        steps.setdefault(step, {})[label] = value
    source = str(sources[0])
    if stage == "image3":
        association = output / "bench_asn.json"
        table = asn_from_list([str(path) for path in sources], rule=DMS_Level3_Base, product_name="bench")
        association.write_text(table.dump()[1])
        source = str(association)
    pipeline = getattr(jwst.pipeline, f"{stage.capitalize()}Pipeline")
    pipeline.call(source, steps=steps, save_results=True, output_dir=str(output), configure_log=False)


def ours(stage: str, settings: dict[str, Any], sources: list[Path], output: Path) -> None:
    """Do what a run of the engine does."""
    from miri_widgets.steps.execute import execute

    execute(stage, sources, settings, output, product_name="bench" if stage == "image3" else "")


def child(way: str, stages: str, output: Path, sources: list[Path]) -> None:
    """Do the chain and print what it took."""
    began = sum(os.times()[:4])
    function = {"stock": official, "ours": ours}[way]
    for text in stages.split(","):
        stage, settings = settings_of(text)
        folder = output / stage
        folder.mkdir(parents=True)
        function(stage, settings, sources, folder)
        sources = sorted(folder.glob("*_rate.fits"))
    seconds = sum(os.times()[:4]) - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{seconds:.3f} {peak:.1f}", flush=True)


def main() -> int:
    """Warm up, freeze, fork."""
    way, stages, output = sys.argv[1:4]
    preload(list(PIPELINE_MODULES))
    logging.disable(logging.WARNING)
    identity = os.fork()
    if not identity:
        code = 1
        try:
            child(way, stages, Path(output), [Path(path) for path in sys.argv[4:]])
            code = 0
        finally:
            sys.stdout.flush()
            time.sleep(0)
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(identity, 0)[1])


if __name__ == "__main__":
    raise SystemExit(main())
