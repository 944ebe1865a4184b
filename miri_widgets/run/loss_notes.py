"""What a stage will take from the light of the sky, said before the run, from the headers alone."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from miri_widgets.products.exposure import PSF_FWHM_ARCSEC, Exposure, psf_fwhm_pixels
from miri_widgets.steps.stage import Stage

__all__ = ["expected_loss"]


def expected_loss(stage: Stage, exposures: Sequence[Exposure], settings: Mapping[str, Any]) -> str:
    """
    Return what a stage will take from the light of the sky; empty when it says nothing.

    Parameters
    ----------
    stage : Stage
        The stage; its `expected_loss` names the function that knows.
    exposures : sequence of Exposure
        Of one filter.
    settings : mapping
        What is chosen for the step; what is not there has its default.
    """
    known = [exposure for exposure in exposures if math.isfinite(exposure.ra) and math.isfinite(exposure.dec)]
    if not stage.expected_loss or not known or any(exposure.is_moving for exposure in exposures):
        return ""
    module, _, name = stage.expected_loss.partition(":")
    function = getattr(import_module(module), name)
    taken = inspect.signature(function).parameters
    filter_name = known[0].filter
    note = function(
        [exposure.ra for exposure in known],
        [exposure.dec for exposure in known],
        fwhm_arcsec=PSF_FWHM_ARCSEC.get(filter_name, 0.0),
        fwhm_pixels=psf_fwhm_pixels(filter_name),
        **{key: value for key, value in settings.items() if key in taken},
    )
    return f"{filter_name}: {note}" if note else ""
