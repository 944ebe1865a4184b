"""Real laboratory ramps of a MIRI detector, made readable for the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import MissingFileError, NotFitsError, NotImagingError
from miri_widgets.products.names import ExposureName
from miri_widgets.simulation.exposures import save_model
from miri_widgets.simulation.headers import apply_header, pointing_header
from miri_widgets.simulation.instrument import APERTURES, SUBARRAYS, Subarray
from miri_widgets.simulation.pointing import Pointing

__all__ = ["import_laboratory_ramp"]

_FILTER = "F560W"
_DATE = "2022-06-01"


def import_laboratory_ramp(path: Path, folder: Path) -> tuple[Path, dict[str, tuple[Any, str]]]:
    """
    Write a laboratory ramp as a raw exposure that the detector stage of the pipeline reduces.

    Parameters
    ----------
    path : Path
        FITS file with SCI of shape (nints, ngroups, ny, nx), taken with one of the imager's subarrays. Not modified.
    folder : Path
        Where the raw exposure goes; its name follows the JWST grammar.

    Returns
    -------
    path : Path
        The raw exposure.
    added : dict
        Keyword, as the name below ``meta`` of a data model: (value, why it was added).

    Raises
    ------
    MissingFileError, NotFitsError
        If the file is not there or not FITS.
    NotImagingError
        If it holds no ramps of an imager subarray.

    Notes
    -----
    Pixels are copied as they are. The detector of the laboratory is another one than the simulated one: with the
    references of the simulation the pipeline runs, but dark, linearity and flat are not those of this detector.
    """
    data, header = _read(Path(path))
    subarray = _subarray(data, header, Path(path))
    added = _missing_keywords(data, header, subarray, Path(path))
    name = ExposureName(
        program="00000",
        observation=f"{int(header.get('OBS_ID', 0)) % 1000:03d}",
        visit="001",
        visit_group="01",
        sequence="1",
        activity="01",
        exposure=f"{int(header.get('EXP_ID', 1)):05d}",
        detector="mirimage",
        suffix="uncal",
    )
    target = Path(folder) / name.filename
    _write(target, data, added, name)
    return target, added


def _read(path: Path) -> tuple[NDArray[np.uint16], Any]:
    from astropy.io import fits

    if not path.is_file():
        raise MissingFileError(f"no file {path}", "a FITS file with laboratory ramps", "correct the path")
    try:
        with fits.open(path) as hdus:
            if "SCI" not in hdus:
                raise NotImagingError(
                    f"{path.name} has no extension SCI", "ramps of the imager", "choose another file"
                )
            return np.array(hdus["SCI"].data), hdus[0].header.copy()
    except OSError as error:
        raise NotFitsError(
            f"{path.name} is not FITS ({error})", "a FITS file", "choose another file"
        ) from error


def _subarray(data: NDArray, header: Any, path: Path) -> Subarray:
    subarray = SUBARRAYS.get(str(header.get("SUBARRAY", "FULL")).strip())
    if subarray is None or data.ndim != 4 or data.shape[2:] != subarray.shape:
        raise NotImagingError(
            f"{path.name} holds an array of shape {data.shape} and SUBARRAY {header.get('SUBARRAY')!r}",
            "ramps (nints, ngroups, ny, nx) of one of " + ", ".join(SUBARRAYS),
            "choose another file",
        )
    return subarray


def _missing_keywords(
    data: NDArray, header: Any, subarray: Subarray, path: Path
) -> dict[str, tuple[Any, str]]:
    absent = "absent from laboratory files"
    optics = "no optics in the laboratory; a value of the flight instrument selects reference files"
    added: dict[str, tuple[Any, str]] = {
        "telescope": ("JWST", "reference files are selected by it"),
        "origin": (str(header.get("ORIGIN", "LABORATORY")), "kept from the file"),
        "filetype": ("uncalibrated", "the pipeline checks the level of the data"),
        "observation.observation_label": (path.name, "the file that this exposure was made from"),
        "instrument.name": ("MIRI", f"INSTRUME is {header.get('INSTRUME')!r}"),
        "instrument.detector": ("MIRIMAGE", "kept from the file"),
        "instrument.filter": (_FILTER, optics),
        "exposure.type": ("MIR_IMAGE", absent),
        "exposure.readpatt": (
            "FASTR1",
            f"READPATT is {header.get('READPATT')!r}, the name of before the launch",
        ),
        "observation.date": (_DATE, "the real date lies before the first reference file"),
        "observation.time": ("00:00:00.000", "as the date"),
        "target.proposer_name": ("LABORATORY", absent),
        "guidestar.gs_id": ("NONE", absent),
        "visit.tsovisit": (False, absent),
    }
    added |= {
        key: (value, "other keywords in laboratory files") for key, value in _timing(data, subarray).items()
    }
    why = "without it references cannot be cut to the window"
    added |= {key: (value, why) for key, value in _window(subarray).items()}
    aperture = APERTURES[subarray.aperture]
    nowhere = Pointing(aperture.v2, aperture.v3, 0.0, 0.0, 0.0)
    sky = pointing_header(nowhere, subarray.aperture, subarray.pps_aperture)
    return added | {
        key: (value, "no sky in the laboratory; the pipeline wants a pointing") for key, value in sky.items()
    }


def _timing(data: NDArray, subarray: Subarray) -> dict[str, Any]:
    (nints, ngroups), frame = data.shape[:2], subarray.frame_time
    duration = frame * (ngroups * nints + nints - 1)
    start = _mjd(_DATE)
    end = start + duration / 86400
    values = {
        "nints": nints,
        "ngroups": ngroups,
        "nframes": 1,
        "groupgap": 0,
        "nsamples": 1,
        "noutputs": 4,
        "sample_time": 10.0,
        "frame_time": frame,
        "group_time": frame,
        "integration_time": frame * ngroups,
        "exposure_time": duration,
        "effective_exposure_time": duration,
        "duration": duration,
        "frame_divisor": 1,
        "drop_frames1": 0,
        "nresets_at_start": 0,
        "nresets_between_ints": 1,
        "integration_start": 1,
        "integration_end": nints,
        "start_time": start,
        "mid_time": (start + end) / 2,
        "end_time": end,
    }
    return {f"exposure.{key}": value for key, value in values.items()}


def _window(subarray: Subarray) -> dict[str, Any]:
    return {
        "subarray.name": subarray.name,
        "subarray.xstart": subarray.xstart,
        "subarray.ystart": subarray.ystart,
        "subarray.xsize": subarray.xsize,
        "subarray.ysize": subarray.ysize,
        "subarray.fastaxis": 1,
        "subarray.slowaxis": 2,
    }


def _write(path: Path, data: NDArray, added: dict[str, tuple[Any, str]], name: ExposureName) -> None:
    from stdatamodels.jwst.datamodels import Level1bModel

    with Level1bModel(data=data.astype(np.uint16)) as model:
        apply_header(model, {key: value for key, (value, _) in added.items()})
        numbers = {
            "program_number": name.program,
            "observation_number": name.observation,
            "visit_number": name.visit,
            "visit_group": name.visit_group,
            "sequence_id": name.sequence,
            "activity_id": name.activity,
            "exposure_number": str(int(name.exposure)),
            "visit_id": name.program + name.observation + name.visit,
        }
        apply_header(model, {f"observation.{key}": value for key, value in numbers.items()})
        save_model(model, path)


def _mjd(date: str) -> float:
    from astropy.time import Time

    return float(Time(date).mjd)
