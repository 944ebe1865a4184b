"""The WCS of simulated headers against the real corners of a real exposure."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.simulation.distortion import flight_distortion
from miri_widgets.simulation.exposures import save_model
from miri_widgets.simulation.headers import apply_header, exposure_header, pointing_header
from miri_widgets.simulation.instrument import PIXEL_ARCSEC
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.simulation.pointing import Pointing
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.reference_tables import distortion_reference, filter_offset_reference

__all__ = ["golden_corner_error"]


def golden_corner_error(path: Path) -> float:
    """
    Compare the WCS that the pipeline gives to our header with the corners of a real exposure.

    Parameters
    ----------
    path : Path
        JSON with the pointing (``ra_ref``, ``dec_ref``, ``roll_ref``, ``v2_ref``, ``v3_ref``, ``va_scale``), the
        constants of the distortion at that time (``TI_constants_2022``: V3, V2), and the corners
        (``s_region_pixels_0based``, ``s_region_deg``).

    Returns
    -------
    float
        Largest distance of a corner, pixels.

    Raises
    ------
    MissingFileError, BadTableError
        If the file is not there or not of this form.

    Notes
    -----
    Header, distortion and filter offset are those of the simulator, with pointing and constants of the real exposure.
    """
    values = _read(Path(path))
    pointing = Pointing(
        values["v2_ref"],
        values["v3_ref"],
        values["ra_ref"],
        values["dec_ref"],
        values["roll_ref"],
        values["va_scale"],
    )
    v3, v2 = values["TI_constants_2022"]
    x, y = np.array(values["s_region_pixels_0based"], float).T
    ra, dec = _pipeline_wcs(pointing, v2, v3)(x, y, with_bounding_box=False)
    true_ra, true_dec = np.array(values["s_region_deg"], float).T
    east = (ra - true_ra) * np.cos(np.deg2rad(true_dec)) * 3600
    return float(np.max(np.hypot(east, (dec - true_dec) * 3600)) / PIXEL_ARCSEC)


def _pipeline_wcs(pointing: Pointing, v2: float, v3: float) -> Any:
    """Return the WCS that ``jwst.assign_wcs`` makes from our header and our reference files."""
    from jwst.assign_wcs.assign_wcs import load_wcs
    from stdatamodels.jwst.datamodels import ImageModel

    program = PROGRAMS["demo"]
    window = program.window
    model = ImageModel(data=np.zeros(window.shape, np.float32))
    apply_header(model, exposure_header(program, planned_exposures(program)[0]))
    apply_header(model, pointing_header(pointing, window.aperture, window.pps_aperture))
    distortion = flight_distortion().with_origin(v2, v3)
    with TemporaryDirectory() as folder:
        files = {}
        for reference in (distortion_reference(distortion), filter_offset_reference(distortion)):
            files[reference.kind] = str(Path(folder) / f"{reference.kind}.asdf")
            save_model(reference.content, Path(files[reference.kind]))
        return load_wcs(model, files).meta.wcs


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(
            f"no file {path}", "a JSON file with a real pointing", "give the path of the file"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        for name in ("ra_ref", "dec_ref", "roll_ref", "v2_ref", "v3_ref", "va_scale", "TI_constants_2022"):
            values[name]
        return values
    except (ValueError, KeyError, TypeError) as error:
        raise BadTableError(
            f"{path} cannot be used ({error})", "a JSON file with a real pointing", "correct it"
        ) from error
