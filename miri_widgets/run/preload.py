"""
What every child process has in memory before it is forked.

The fork server imports this module; importing it elsewhere does nothing, as the
variable `PRELOAD_VARIABLE` is only set by the service and by dask workers.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from miri_widgets.run.child import lower_priority
from miri_widgets.steps.acceleration import acceleration_states

__all__ = ["PIPELINE_MODULES", "PRELOAD_VARIABLE", "preload"]

PRELOAD_VARIABLE = "MIRI_WIDGETS_PRELOAD"
"""Modules to import, separated by commas; empty for none."""

PIPELINE_MODULES = (
    "miri_widgets.steps.execute",
    "miri_widgets.run.child",
    "jwst.pipeline",
    "jwst.associations",
    "stcal.jump.jump",
    "stcal.ramp_fitting.ramp_fit",
    "stcal.tweakreg.tweakreg",
    "tweakwcs",
    "drizzle.resample",
    "photutils.segmentation",
    "photutils.detection",
    "gwcs.wcs",
    "crds.core.heavy_client",
    "crds.jwst.locate",
    "stpipe._cmdline",
    "skimage.segmentation",
    "skimage.measure",
    "spherical_geometry.graph",
    "scipy.signal",
    "scipy.optimize",
)


def preload(modules: list[str]) -> None:
    """
    Import modules, load what the pipeline loads at its first use, and freeze the heap.

    Parameters
    ----------
    modules : list of str
        Names; one that cannot be imported is skipped with its traceback on stderr.

    Notes
    -----
    stpipe collects garbage at every step. Objects that are frozen are not
    looked at again, which takes a third off a detector1 run.
    """
    for name in modules:
        try:
            import_module(name)
        except Exception:
            # a fork server that dies here would be started again and again
            traceback.print_exc()
    if "jwst.pipeline" in sys.modules:
        try:
            acceleration_states()  # reads and hashes the sources once, for all children
            _warm_up()
        except Exception:
            traceback.print_exc()
    gc.collect()
    gc.freeze()


def _warm_up() -> None:
    """Read and write tiny datamodels and parse the specs, so that schema and spec caches are filled."""
    import jwst.pipeline as pipelines
    import numpy as np
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.declarations import declared
    from miri_widgets.steps.stages import all_stages

    for stage in all_stages():
        declared(stage.name)
    for name in ("Detector1Pipeline", "Image2Pipeline", "Image3Pipeline"):
        pipeline = getattr(pipelines, name)
        pipeline.load_spec_file()
        for step in pipeline.step_defs.values():
            step.load_spec_file()
    shapes = {"RampModel": (1, 2, 4, 4), "ImageModel": (4, 4), "CubeModel": (1, 4, 4)}
    with tempfile.TemporaryDirectory() as folder:
        for name, shape in shapes.items():
            path = Path(folder) / f"{name.lower()}.fits"
            with getattr(datamodels, name)(data=np.zeros(shape, dtype=np.float32)) as model:
                model.save(path)
            with datamodels.open(path) as model:
                model.to_flat_dict()
    others = (
        "MaskModel GainModel ReadnoiseModel SaturationModel LinearityModel DarkMIRIModel ResetModel "
        "RSCDModel IPCModel FlatModel MirImgPhotomModel PixelAreaModel DistortionModel FilteroffsetModel "
        "MirImgApcorrModel ABVegaOffsetModel"
    )
    for name in others.split():
        # models come and go with versions of the datamodels; one less warm is no harm
        with suppress(Exception):
            getattr(datamodels, name)().close()


if os.environ.get(PRELOAD_VARIABLE):
    lower_priority()
    preload(os.environ[PRELOAD_VARIABLE].split(","))
