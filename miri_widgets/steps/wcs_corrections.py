"""The correction in the tangent plane that ``tweakwcs`` puts into a gWCS: read, replaced, taken out."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import gwcs
import numpy as np
from numpy.typing import NDArray
from tweakwcs.correctors import JWSTWCSCorrector

from miri_widgets.errors import WrongSuffixError

__all__ = ["correction_of", "corrector_of", "with_correction"]

_CORRECTED = "v2v3corr"


def corrector_of(model: Any) -> JWSTWCSCorrector:
    """
    Return what corrects the world coordinates of an exposure, in the tangent plane at its reference point.

    Parameters
    ----------
    model : object
        The data model.

    Raises
    ------
    WrongSuffixError
        If it has no world coordinates of the detector.
    """
    wcs, info = getattr(model.meta, "wcs", None), model.meta.wcsinfo.instance
    if wcs is None or "v2v3" not in wcs.available_frames:
        raise WrongSuffixError(
            f"{model.meta.filename} has no world coordinates of the detector",
            "a cal exposure, which image2 makes",
            "choose cal files; mosaics cannot be shifted",
        )
    return JWSTWCSCorrector(wcs, {key: info[key] for key in ("v2_ref", "v3_ref", "roll_ref")})


def correction_of(wcs: Any) -> NDArray[np.float64] | None:
    """
    Return the correction that world coordinates have in the tangent plane.

    Parameters
    ----------
    wcs : object
        The gWCS of an exposure.

    Returns
    -------
    ndarray of shape (3, 3) or None
        The affine matrix, with the translation in radians in the last column; None when there is no correction.
    """
    frames = wcs.available_frames
    if _CORRECTED not in frames:
        return None
    model = wcs.pipeline[frames.index(_CORRECTED) - 1].transform["tp_affine"]
    affine = np.eye(3)
    affine[:2, :2], affine[:2, 2] = model.matrix.value, model.translation.value
    return affine


def with_correction(wcs: Any, affine: NDArray[np.float64] | None, name: str) -> Any:
    """
    Return world coordinates with another correction, or with none.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates that have a correction. Not modified.
    affine : ndarray of shape (3, 3) or None
        As `correction_of` gives it; None takes the correction out.
    name : str
        Name of the result.
    """
    pipeline = deepcopy(wcs.pipeline)
    index = wcs.available_frames.index(_CORRECTED)
    if affine is None:
        rest = pipeline[index].transform
        pipeline[index - 1] = (pipeline[index - 1].frame, rest)
        del pipeline[index]
        return gwcs.WCS(pipeline, name=name)
    correction = pipeline[index - 1].transform
    inverse = np.linalg.inv(affine)
    for model, matrix in ((correction["tp_affine"], affine), (correction.inverse["tp_affine_inv"], inverse)):
        model.matrix, model.translation = matrix[:2, :2], matrix[:2, 2]
    pipeline[index - 1] = (pipeline[index - 1].frame, correction)
    return gwcs.WCS(pipeline, name=name)
