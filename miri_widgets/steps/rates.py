"""The step ``miri_rates``: checks a rate against the rates of its integrations, and changes nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from stdatamodels.jwst import datamodels

from miri_widgets.core.rates.rate_check import compare_rates, rate_from_integrations
from miri_widgets.errors import MissingFileError, WrongSuffixError
from miri_widgets.products.names import root_of
from miri_widgets.steps.miri_step import MiriStep
from miri_widgets.steps.stage import Scope, Section, Stage

__all__ = ["STAGE", "RateCheckStep"]

log = logging.getLogger(f"stpipe.{__name__}")

_WEIGHTING = {"OLS_C": "read noise", "LIKELY": "total"}

STAGE = Stage(
    name="rates",
    title="Rates: checked against integrations",
    summary="Recomputes each rate from its integrations and tells where and why they differ; changes nothing.",
    methods="The rates were compared with those of their single integrations.",
    version=1,
    pipeline="miri_widgets.steps.rates.RateCheckStep",
    scope=Scope.EXPOSURE,
    takes="rate",
    gives=("check",),
    main="check",
    steps=("miri_rates",),
    essential=("algorithm", "tolerance"),
    optional=True,
    is_check=True,
    after="showers",
    sections=(Section.CHECK,),
)


class RateCheckStep(MiriStep):
    """Tell where a rate is not the one that its integrations give, and what a plain mean of them would change."""

    class_alias = "miri_rates"

    spec = """
        rateints_file = string(default=None)  # Rates of the integrations; by default beside the rate.
        algorithm = option("OLS_C", "LIKELY", default="OLS_C")  # How the ramps were fitted, which sets the weights.
        tolerance = float(min=1e-4, max=10, default=0.01)  # Differences above this count. [sigma]
    """

    def process(self, source: Any) -> Any:
        """
        Compare; the report says what was found.

        Parameters
        ----------
        source : str or ImageModel
            A rate. Not modified.

        Returns
        -------
        ImageModel
            The same rate.
        """
        self.note_inputs(source)
        model = datamodels.open(source)
        if not isinstance(model, datamodels.ImageModel):
            raise WrongSuffixError(
                f"{model.meta.filename} is a {type(model).__name__}", "a rate", "choose a rate file"
            )
        name = str(model.meta.filename or "")
        with datamodels.open(self._integrations(source, name)) as cube:
            parts = [np.asarray(getattr(cube, part)) for part in ("data", "var_poisson", "var_rnoise", "dq")]
            # gone when the file is closed
            sci, poisson, rnoise, dq = (part.copy() for part in parts)
        rate = (np.asarray(model.data), np.asarray(model.dq), np.asarray(model.err))
        checks = {}
        for key, weighting in (("fit", _WEIGHTING[self.algorithm]), ("plain_mean", "none")):
            recomputed = rate_from_integrations(sci, poisson, rnoise, dq, weighting=weighting)
            checks[key] = compare_rates(*rate, recomputed, tolerance=self.tolerance)
        warnings = list(checks["fit"].sentences) if checks["fit"].facts["differ"] else []
        for key, text in (("fit", "as the fit weights"), ("plain_mean", "by a plain mean")):
            log.info("%s, %s: %s", name, text, " ".join(checks[key].sentences))
        self.report = {
            "exposures": {
                root_of(name): {
                    "integrations": len(sci),
                    **{key: {**check.facts, "words": list(check.sentences)} for key, check in checks.items()},
                }
            },
            "warnings": warnings,
        }
        return source.copy() if isinstance(source, datamodels.JwstDataModel) else model

    def _integrations(self, source: Any, name: str) -> str:
        if self.rateints_file not in (None, "", "None"):
            path = Path(self.rateints_file)
        else:
            folder = Path(source).parent if isinstance(source, str | Path) else Path()
            path = folder / name.replace("_rate.fits", "_rateints.fits")
        if not path.is_file() or path.name == name:
            raise MissingFileError(
                f"no rates of the integrations beside {name}",
                name.replace("_rate.fits", "_rateints.fits"),
                "name the file (rateints_file), or run detector1 again",
            )
        return str(path)
