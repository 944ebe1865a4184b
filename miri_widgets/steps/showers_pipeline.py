"""
The pipeline behind the stage of showers: masks them in a ramp, and fits it again.

References
----------
``jwst.pipeline.Detector1Pipeline``: what it does after the jump step.
"""

from __future__ import annotations

from typing import Any

from jwst.gain_scale import gain_scale_step
from jwst.ramp_fitting import ramp_fit_step
from jwst.stpipe import Pipeline
from stdatamodels.jwst import datamodels

from miri_widgets.steps.showers import ShowerMaskStep

__all__ = ["ShowersPipeline"]


class ShowersPipeline(Pipeline):
    """Take showers out of a ramp and fit it as detector1 does."""

    class_alias = "miri_fit_without_showers"

    spec = """
        save_unmasked = boolean(default=False)  # Save the ramp with its new flags, too.
    """

    step_defs = {  # noqa: RUF012 - stpipe wants a plain dict
        "miri_showers": ShowerMaskStep,
        "ramp_fit": ramp_fit_step.RampFitStep,
        "gain_scale": gain_scale_step.GainScaleStep,
    }

    def process(self, source: Any) -> Any:
        """
        Reduce one ramp.

        Parameters
        ----------
        source : str or RampModel
            A ramp after the jump step.

        Returns
        -------
        ImageModel
            The rate; rates of the integrations are saved beside it.
        """
        with datamodels.RampModel(source) as opened:
            ramp = self.miri_showers.run(opened)
        self.report = self.miri_showers.report
        if self.save_unmasked:
            self.save_model(ramp, "ramp")
        result, integrations = self.ramp_fit.run(ramp)
        if integrations is not None:
            self.gain_scale.suffix = "gain_scaleints"
            integrations = self.gain_scale.run(integrations)
            self.save_model(integrations, "rateints")
        self.gain_scale.suffix = "gain_scale"
        result = self.gain_scale.run(result)
        self.suffix = "rate"
        return result
