"""Between the data models of jwst and `ExposureArrays`: the one place where exposures cross into the science room."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.inverse_wcs import deferred_inverse
from miri_widgets.errors import NotImagingError
from miri_widgets.products.dates import exposure_times
from miri_widgets.products.exposure import psf_fwhm_pixels
from miri_widgets.products.names import root_of

__all__ = [
    "CachedExposures",
    "ascii_only",
    "exposure_arrays_of",
    "integration_starts",
    "model_times",
    "require_miri_imager",
    "sky_of",
    "write_exposure_arrays",
]

_MJD_COLUMN = "int_start_MJD_UTC"

_VARIANCES = ("var_poisson", "var_rnoise", "var_flat")


class CachedExposures:
    """
    Exposures as they were when they were first asked for; their arrays are kept on disk.

    To open a data model takes ten times as long as to read its arrays, and a correction asks several times, also
    after the first of the models has been changed.

    Parameters
    ----------
    folder : Path
        Where to keep the arrays.
    read : callable
        Index to `ExposureArrays`.
    """

    def __init__(self, folder: Path, read: Callable[[int], ExposureArrays]) -> None:
        self._folder, self._read = folder, read
        self._bare: dict[int, ExposureArrays] = {}

    def __call__(self, index: int) -> ExposureArrays:
        """Return an exposure, with arrays of its own."""
        path = self._folder / f"{index}.npz"
        if index in self._bare:
            with np.load(path) as arrays:
                return self._bare[index].replace(**arrays)
        exposure = self._read(index)
        names = ("sci", "err", "dq", *_VARIANCES)
        stored = {name: getattr(exposure, name) for name in names if getattr(exposure, name) is not None}
        np.savez(path, **stored)
        self._bare[index] = exposure.replace(**dict.fromkeys(stored))
        return exposure


def exposure_arrays_of(model: Any) -> ExposureArrays:
    """
    Copy the arrays and facts of an exposure out of its data model.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.ImageModel
        A rate or cal exposure. Not modified.
    """
    band = str(model.meta.instrument.filter or "")
    data = np.array(model.data, np.float32)
    to_sky, to_pixel = sky_of(getattr(model.meta, "wcs", None), (data.shape[-2], data.shape[-1]))
    variances: dict[str, Any] = {name: _copied(getattr(model, name, None)) for name in _VARIANCES}
    err = model.err
    return ExposureArrays(
        sci=data,
        err=np.array(err, np.float32) if err is not None else np.full_like(data, np.nan),
        dq=np.array(model.dq, np.uint32),
        root=root_of(model.meta.filename or ""),
        filter=band,
        unit=str(model.meta.bunit_data or ""),
        start_mjd=model_times(model)[0],
        end_mjd=model_times(model)[1],
        fwhm=psf_fwhm_pixels(band),
        # FITS counts from 1
        corner=(int(model.meta.subarray.xstart or 1) - 1, int(model.meta.subarray.ystart or 1) - 1),
        to_sky=to_sky,
        to_pixel=to_pixel,
        **variances,
    )


def model_times(model: Any) -> tuple[float, float]:
    """
    Return when an exposure started and ended, as `miri_widgets.products.dates.exposure_times`.

    Parameters
    ----------
    model : JwstDataModel
        Not modified.

    Returns
    -------
    (float, float)
        MJD, UTC; NaN where the model does not say.
    """
    exposure, observation = model.meta.exposure, model.meta.observation
    return exposure_times(
        {
            "EXPSTART": exposure.start_time, "EXPMID": exposure.mid_time, "EXPEND": exposure.end_time,
            "EFFEXPTM": exposure.exposure_time,
            "DATE-BEG": observation.date_beg, "DATE-END": observation.date_end,
            "DATE-OBS": observation.date, "TIME-OBS": observation.time,
        }
    )  # fmt: skip


def integration_starts(ramp: Any) -> tuple[list[float], float]:
    """
    Return when the integrations of a ramp started, and how long each lasts.

    Parameters
    ----------
    ramp : stdatamodels.jwst.datamodels.RampModel
        Not modified.

    Returns
    -------
    list of float
        MJD, UTC: those of the table INT_TIMES; without it, or where it holds no dates, counted from the start of the exposure,
        which is also what the header of a segment says. NaN where nothing says it.
    float
        Duration of the groups of one integration, s.
    """
    exposure = ramp.meta.exposure
    nints, ngroups = ramp.groupdq.shape[:2]
    length = ngroups * float(exposure.group_time)
    times = ramp.int_times if ramp.hasattr("int_times") else None
    if times is not None and len(times) == nints and _MJD_COLUMN in (times.dtype.names or ()):
        starts = [exposure_times({"MJD-BEG": float(value)})[0] for value in times[_MJD_COLUMN]]
        if all(math.isfinite(start) for start in starts):
            return starts, length
    first = int(exposure.integration_start or 1) - 1
    resets = int(exposure.nresets_between_ints or 0) * float(exposure.frame_time or 0.0)
    begin = model_times(ramp)[0]
    return [begin + (first + number) * (length + resets) / 86400 for number in range(nints)], length


def write_exposure_arrays(
    model: Any, exposure: ExposureArrays, step: str, notes: tuple[str, ...] = ()
) -> None:
    """
    Put the arrays of a corrected exposure into its data model, and say so in its HISTORY.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.ImageModel
        Modified. Flags that it has already stay: they can only be added to.
    exposure : ExposureArrays
        The corrected exposure.
    step : str
        Name of the step.
    notes : tuple of str
        More lines of HISTORY.
    """
    model.data = exposure.sci
    model.err = exposure.err
    model.dq = np.asarray(model.dq, np.uint32) | exposure.dq
    for name in _VARIANCES:
        if getattr(exposure, name) is not None:
            setattr(model, name, getattr(exposure, name))
    for line in (*exposure.notes, *notes):
        model.add_history_entry(ascii_only(f"{step}: {line}"))


def ascii_only(line: str) -> str:
    """
    Return a line as FITS can hold it.

    Parameters
    ----------
    line : str
        The line.
    """
    for letter, replacement in (("±", "+-"), ("×", "x"), ("µ", "u"), ("−", "-"), ("–", "-")):
        line = line.replace(letter, replacement)
    return line.encode("ascii", "replace").decode()


def _copied(array: Any) -> NDArray[np.float32] | None:
    return None if array is None else np.array(array, np.float32)


def sky_of(wcs: Any, shape: tuple[int, int]) -> tuple[Any, Any]:
    """
    Return the ways from pixels to the sky and back; two None without a WCS.

    Parameters
    ----------
    wcs : gwcs.WCS or None
        Of an exposure.
    shape : tuple of int
        (ny, nx).

    Notes
    -----
    The bounding box leaves reference columns out; a mask covers them, too, and FITS keywords know none.
    """
    if wcs is None:
        return None, None

    def to_sky(x: Any, y: Any) -> tuple[Any, Any]:
        return wcs(x, y, with_bounding_box=False)

    return to_sky, deferred_inverse(to_sky, shape)


def require_miri_imager(model: Any) -> None:
    """
    Refuse a data model of another detector.

    Parameters
    ----------
    model : object
        The data model.
    """
    if model.meta.instrument.name != "MIRI" or model.meta.instrument.detector != "MIRIMAGE":
        raise NotImagingError(
            f"{model.meta.filename} is of {model.meta.instrument.name} {model.meta.instrument.detector}",
            "MIRI imaging",
            "leave this exposure out",
        )
