"""The step ``miri_showers``: takes drawn showers out of ramps, as a hook before ``ramp_fit`` or on ramp files."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from stdatamodels.jwst import datamodels

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.showers.showers import mask_showers, showers_of
from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.names import root_of
from miri_widgets.steps.arguments import arguments_of
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.model_arrays import sky_of

__all__ = ["ShowerMaskStep"]

log = logging.getLogger(f"stpipe.{__name__}")


class ShowerMaskStep(MiriStep):
    """Take groups of showers, from the first that shows one to the end of the integration, out of the ramp fit."""

    class_alias = "miri_showers"

    spec = """
        showers_file = string(default=None)  # DS9 regions of showers; the text of each tells when, as int=1 group=5.
    """

    def process(self, source: Any) -> Any:
        """
        Flag the groups of showers.

        Parameters
        ----------
        source : str or RampModel
            A ramp, best after the jump step. Not modified.

        Returns
        -------
        RampModel
        """
        self.note_inputs(source)
        # opening a data model gives another one with the same arrays
        is_model = isinstance(source, datamodels.JwstDataModel)
        result = source.copy() if is_model else datamodels.open(source)
        if not isinstance(result, datamodels.RampModel):
            raise WrongSuffixError(
                f"{result.meta.filename} is a {type(result).__name__}",
                "a ramp",
                "use this step before ramp_fit, or on ramp files",
            )
        root = root_of(result.meta.filename or "")
        regions = arguments_of({"showers_file": self.showers_file})["showers"]
        showers = showers_of(regions, root)
        flags, facts = mask_showers(result.groupdq, showers, _frame_of(result))
        result.groupdq = flags
        warnings = [
            f"A shower in integration {fact['integration']} of {root} leaves a single group, too few for a slope."
            for fact in facts
            if fact["first_group"] == 2
        ]
        for fact in facts:
            line = (
                f"shower of {fact['pixels']} pixels from group {fact['first_group']} of integration "
                f"{fact['integration']} on: {fact['groups']} groups taken out"
            )
            result.add_history_entry(f"{self.class_alias}: {line}")
            log.info("%s", line)
        for line in warnings:
            log.warning("%s", line)
        self.report = {"exposures": {root: {"showers": facts}}, "warnings": warnings}
        return result


def _frame_of(ramp: Any) -> ExposureArrays:
    """Return the frame of an exposure, with its WCS when it has one, for regions on the sky."""
    shape = ramp.groupdq.shape[2:]
    zero = np.zeros(shape, np.float32)
    to_sky, to_pixel = sky_of(getattr(ramp.meta, "wcs", None), shape)
    flags = np.zeros(shape, np.uint32)
    return ExposureArrays(
        zero, zero, flags, root=str(ramp.meta.filename or ""), to_sky=to_sky, to_pixel=to_pixel
    )
