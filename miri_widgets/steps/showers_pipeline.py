"""
The pipeline behind the stage of showers: masks them in a ramp, and fits it again.

References
----------
``jwst.pipeline.Detector1Pipeline``: what it does after the jump step.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jwst.gain_scale import gain_scale_step
from jwst.ramp_fitting import ramp_fit_step
from jwst.stpipe import Pipeline
from numpy.typing import NDArray
from stdatamodels.jwst import datamodels

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.validation import judged, prove
from miri_widgets.errors import NotWritableError
from miri_widgets.steps.conditions import given, rule, value
from miri_widgets.steps.model_arrays import exposure_arrays_of
from miri_widgets.steps.showers import ShowerMaskStep
from miri_widgets.steps.stage import RegionParameter, RunCost, Scope, Section, Stage

__all__ = ["STAGE", "ShowersPipeline"]

log = logging.getLogger(f"stpipe.{__name__}")

STAGE = Stage(
    name="showers",
    title="Showers: drawn on group differences",
    summary="Leaves out the groups of cosmic-ray showers that you draw, and fits the ramps again.",
    methods="The groups in which cosmic-ray showers were marked were left out, and the ramps were fitted again.",
    version=2,
    pipeline="miri_widgets.steps.showers_pipeline.ShowersPipeline",
    scope=Scope.EXPOSURE,
    takes="ramp",
    gives=("rate", "rateints"),
    main="rate",
    steps=("miri_showers", "ramp_fit", "gain_scale"),
    essential=("miri_showers.showers_file", "ramp_fit.algorithm"),
    indispensable=("miri_showers", "ramp_fit"),
    optional=True,
    needs=(("detector1", "save_calibrated_ramp", True),),
    after="detector1",
    acting=(
        rule(
            given("miri_showers.showers_file"),
            "prove proof_sources",
            "Without showers there is nothing to prove.",
        ),
        rule(value("prove", True), "proof_sources"),
    ),
    regions=(
        RegionParameter(
            "miri_showers.showers_file",
            "showers",
            "showers, each with its group",
            on_sky=False,
            of_groups=True,
        ),
    ),
    sections=(Section.PROOF,),
    view="miri_widgets.panels.showers:ShowersPanel",
    # a guess from the work that it does
    cost=RunCost(1.0, 0.0, 3.0, 0.2),
)


class ShowersPipeline(Pipeline):
    """Take showers out of a ramp and fit it as detector1 does."""

    class_alias = "miri_fit_without_showers"

    spec = """
        save_unmasked = boolean(default=False)  # Save the ramp with its new flags, too.
        prove = boolean(default=True)  # Send sources of known flux through a copy of the ramp, and tell what the masks do to them.
        proof_sources = integer(min=20, max=5000, default=200)  # Sources in that copy.
    """

    step_defs = {  # noqa: RUF012 - stpipe wants a plain dict
        "miri_showers": ShowerMaskStep,
        "ramp_fit": ramp_fit_step.RampFitStep,
        "gain_scale": gain_scale_step.GainScaleStep,
    }

    @classmethod
    def _get_config_from_parameters(cls, *arguments: Any, **named: Any) -> Any:
        # CRDS knows parameters of the steps, and calls it an error to be asked about this pipeline
        config = cls._empty_config()
        config["steps"] = {
            name: step._get_config_from_parameters(*arguments, **named)
            for name, step in cls.step_defs.items()
        }
        return config

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
            before = opened.groupdq.copy()
        self.report = dict(self.miri_showers.report)
        if self.prove and (before != ramp.groupdq).any():
            validation = judged(lambda: self._validation_of(ramp, before), 1)
            for line in validation.sentences:
                log.info("%s", line)
            self.report["proof"] = validation.to_dict()
        if self.save_unmasked:
            self._save_ramp(ramp, source)
        result, integrations = self.ramp_fit.run(ramp)
        if integrations is not None:
            self.gain_scale.suffix = "gain_scaleints"
            integrations = self.gain_scale.run(integrations)
            self.save_model(integrations, "rateints")
        self.gain_scale.suffix = "gain_scale"
        result = self.gain_scale.run(result)
        self.suffix = "rate"
        return result

    def _save_ramp(self, ramp: Any, source: Any) -> None:
        target = Path(self.make_output_path(suffix="ramp")).resolve()
        if isinstance(source, str | Path) and target == Path(source).resolve():
            raise NotWritableError(
                f"{target.name} would be written over the ramp that it is made from",
                "another folder for the result",
                "give --output_dir",
            )
        self.save_model(ramp, "ramp")

    def _validation_of(self, ramp: Any, before: NDArray[np.uint8]) -> Proof:
        """Add sources to the ramp, at the rate that they have, and fit it with the masks once more."""
        plain = self._rate(ramp, before)
        seconds = float(ramp.meta.exposure.group_time) * np.arange(1, ramp.data.shape[1] + 1)

        def correct(exposures: Sequence[ExposureArrays]) -> CorrectionResult:
            added = exposures[0].sci - plain.sci
            gained = np.where(np.isfinite(added), added, 0)[None] * seconds[:, None, None]
            return CorrectionResult((self._rate(ramp, ramp.groupdq, gained),))

        return prove(correct, (plain,), correct((plain,)), sources=self.proof_sources)

    def _rate(
        self, ramp: Any, flags: NDArray[np.uint8], gained: NDArray[Any] | None = None
    ) -> ExposureArrays:
        """Fit a copy of the ramp, with other flags and with signal added to every integration [DN]."""
        single = ramp.copy()
        single.groupdq = flags
        if gained is not None:
            single.data = (single.data + gained).astype(np.float32)
        result, integrations = self.ramp_fit.run(single)
        exposure = exposure_arrays_of(result)
        for model in (single, result, integrations):
            if model is not None:
                model.close()
        return exposure
