"""Calibrated exposures as files that the official pipeline reads: header, arrays and gWCS."""

from __future__ import annotations

import atexit
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.simulation.calibrated import SimulatedExposure
from miri_widgets.simulation.distortion import flight_distortion, pixel_areas
from miri_widgets.simulation.exposures import save_model
from miri_widgets.simulation.headers import apply_header, exposure_header
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.reference_tables import (
    distortion_reference,
    filter_offset_reference,
    nominal_area,
)
from miri_widgets.simulation.scene import SR_PER_ARCSEC2

if TYPE_CHECKING:
    from stdatamodels.jwst.datamodels import ImageModel

__all__ = ["cal_model", "write_cal"]

_STEPS_DONE = (
    "dq_init",
    "saturation",
    "firstframe",
    "lastframe",
    "linearity",
    "rscd",
    "dark_sub",
    "refpix",
    "jump",
    "ramp_fit",
    "flat_field",
    "photom",
)


def write_cal(exposure: SimulatedExposure, folder: Path, *, arrays: ExposureArrays | None = None) -> Path:
    """
    Write a calibrated exposure as ``jw..._cal.fits``.

    Parameters
    ----------
    exposure : SimulatedExposure
        From a `CalibratedProgram`.
    folder : Path
        Where to; made if it is not there. A file of the same name is replaced, at once.
    arrays : ExposureArrays, optional
        Other arrays instead of those of the exposure.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NotWritableError, DiskFullError
        If the folder cannot be written to.
    """
    name = replace(exposure.plan.name, suffix="cal").filename
    with cal_model(exposure, arrays=arrays) as model:
        save_model(model, Path(folder) / name)
    return Path(folder) / name


def cal_model(exposure: SimulatedExposure, *, arrays: ExposureArrays | None = None) -> ImageModel:
    """
    Return a calibrated exposure as a data model with a complete header and the gWCS of the pipeline.

    Parameters
    ----------
    exposure : SimulatedExposure
        The exposure.
    arrays : ExposureArrays or None
        Other arrays instead of those of the exposure.

    Notes
    -----
    The WCS is made by ``jwst.assign_wcs`` from our distortion and filter offsets and the planned pointing, as in
    image2. Windows that are no subarray of MIRI are called GENERIC.
    """
    from stdatamodels.jwst.datamodels import ImageModel

    arrays = exposure.arrays if arrays is None else arrays
    program = exposure.program
    model = ImageModel(data=arrays.sci.copy(), err=arrays.err.copy(), dq=arrays.dq.copy())
    for name in ("var_poisson", "var_rnoise", "var_flat"):
        if (variance := getattr(arrays, name)) is not None:
            setattr(model, name, variance.copy())
    model.area = (pixel_areas()[program.window] / nominal_area()).astype(np.float32)
    apply_header(model, exposure_header(program.program, exposure.plan))
    apply_header(model, _calibrated_header(exposure))
    return _with_wcs(model)


def _calibrated_header(exposure: SimulatedExposure) -> dict[str, Any]:
    program, name = exposure.program, replace(exposure.plan.name, suffix="cal")
    header: dict[str, Any] = {
        "filename": name.filename,
        "filetype": "calibrated",
        "bunit_data": "MJy/sr",
        "bunit_err": "MJy/sr",
        "photometry.conversion_megajanskys": FILTERS[program.filter].photmjsr,
        "photometry.pixelarea_arcsecsq": nominal_area(),
        "photometry.pixelarea_steradians": nominal_area() * SR_PER_ARCSEC2,
        **{f"cal_step.{step}": "COMPLETE" for step in _STEPS_DONE},
    }
    if program.shape != program.program.window.shape:
        (x, y), (ny, nx) = program.corner, program.shape
        header.update(
            {
                "subarray.name": "GENERIC",
                "subarray.xstart": x + 1,
                "subarray.ystart": y + 1,
                "subarray.xsize": nx,
                "subarray.ysize": ny,
            }
        )
    return header


def _with_wcs(model: ImageModel) -> ImageModel:
    from jwst.assign_wcs.assign_wcs import load_wcs
    from jwst.assign_wcs.util import update_fits_wcsinfo

    model = load_wcs(model, dict(_wcs_references()))
    update_fits_wcsinfo(model)
    return model


@lru_cache(maxsize=1)
def _wcs_references() -> tuple[tuple[str, str], ...]:
    """Write the references of the WCS once per process, into a folder that goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="miri-wcs-")
    atexit.register(folder.cleanup)
    files = []
    for reference in (
        distortion_reference(flight_distortion()),
        filter_offset_reference(flight_distortion()),
    ):
        path = Path(folder.name) / f"{reference.kind}.asdf"
        save_model(reference.content, path)
        files.append((reference.kind, str(path)))
    return tuple(files)
