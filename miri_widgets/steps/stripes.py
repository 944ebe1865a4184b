"""The step that removes stripes of columns and rows: of cal, rate and rateints exposures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from stdatamodels.jwst import datamodels

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.rates.integrations import CleanedIntegrations, clean_rateints
from miri_widgets.core.stripes.stripes import clean_stripes
from miri_widgets.core.validation.validation import prove
from miri_widgets.errors import MissingFileError
from miri_widgets.products.names import root_of, suffix_of
from miri_widgets.steps.conditions import never, rule, value
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.model_arrays import ascii_only, exposure_arrays_of, write_exposure_arrays
from miri_widgets.steps.stage import ChainPreset, Chart, RegionParameter, Scope, Stage, TimelineChart

__all__ = ["STAGE", "StripesStep"]

STAGE = (
    Stage(
        name="stripes",
        title="Stripes: columns and rows",
        summary="Removes the offsets of columns and rows, and leaves what is as wide as the sky.",
        methods="The offsets of columns and rows were removed from the calibrated exposures.",
        version=3,
        pipeline="miri_widgets.steps.stripes.StripesStep",
        scope=Scope.EXPOSURE,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_stripes",),
        essential=(
            "columns",
            "rows",
            "method",
            "protect_scale",
            "source_nsigma",
            "exclude_file",
            "coronagraphs",
        ),
        optional=True,
        correction="miri_widgets.core.stripes.stripes:clean_stripes",
        after="pullupdown",
        chain_presets=(ChainPreset.EVERY_CORRECTION,),
        acting=(
            rule(value("method", "profiles"), "protect_scale adaptive"),
            never(
                "rateints_file",
                "Calibrated exposures have no integrations; it acts in the stage for rates.",
            ),
        ),
        regions=(RegionParameter("exclude_file", "left out of stripes", "areas left out of the medians"),),
        charts=(
            Chart.PROFILES,
            TimelineChart("stripes.column_power_after", "column structure left", "MJy/sr"),
            TimelineChart("stripes.row_power_after", "row structure left", "MJy/sr"),
        ),
    ),
    Stage(
        name="rate_stripes",
        title="Stripes of rates: columns and rows",
        summary="Removes the offsets of columns and rows from each integration and from the rate, before the flat.",
        methods="The offsets of columns and rows were removed from each integration and from the rates, before the flat field.",
        version=2,
        pipeline="miri_widgets.steps.stripes.StripesStep",
        scope=Scope.EXPOSURE,
        takes="rate",
        gives=("rate", "rateints"),
        main="rate",
        steps=("miri_stripes",),
        essential=(
            "columns",
            "rows",
            "method",
            "protect_scale",
            "source_nsigma",
            "exclude_file",
            "coronagraphs",
        ),
        optional=True,
        correction="miri_widgets.core.stripes.stripes:clean_stripes",
        after="rates",
        acting=(rule(value("method", "profiles"), "protect_scale adaptive"),),
        charts=(
            Chart.PROFILES,
            TimelineChart("stripes.column_power_after", "column structure left", "DN/s"),
            TimelineChart("stripes.row_power_after", "row structure left", "DN/s"),
        ),
    ),
)


class _RateintsStep(CorrectionStep):
    """Clean integrations and their rate together; its parameter is none of the correction's."""

    spec = """
        rateints_file = string(default=None)  # Rates of the integrations of a rate; by default beside it.
    """

    def process(self, source: Any) -> Any:
        """
        Clean one exposure or several.

        Parameters
        ----------
        source : str, JwstDataModel, list, ModelContainer, ModelLibrary
            Cal, rate or rateints exposures. Not modified, but for a library.

        Returns
        -------
        JwstDataModel or ModelLibrary
            As the input. The integrations of a rate are saved beside it when results are saved.

        Raises
        ------
        MissingFileError
            If `rateints_file` is no file.
        WrongSuffixError, MixedExposuresError, ParameterError
            If an exposure or a setting cannot be used.
        """
        if isinstance(source, datamodels.CubeModel) or _is_file_of(source, "rateints"):
            self.note_inputs(source)
            return self._cleaned_cube(source)
        beside = self._integrations(source)
        if beside is None:
            return super().process(source)
        self.note_inputs([source, str(beside)] if isinstance(source, str | Path) else [str(beside)])
        return self._cleaned_rate(source, beside)

    def _integrations(self, source: Any) -> Path | None:
        """Return the file of the integrations of a rate; None for other exposures, and where there is none."""
        is_model = isinstance(source, datamodels.ImageModel)
        name = Path(source.meta.filename or "") if is_model else source
        if not _is_file_of(name, "rate"):
            return None
        if self.rateints_file not in (None, "", "None"):
            path = Path(self.rateints_file)
            if not path.is_file():
                raise MissingFileError(
                    f"rateints_file = {path.name[:120]!r} is no file",
                    "rates of integrations",
                    "correct the path",
                )
            return path
        beside = Path(str(name)).parent / f"{root_of(name)}_rateints.fits"
        # a model has left its folder
        return beside if not is_model and beside.is_file() else None

    def _cleaned_rate(self, source: Any, beside: Path) -> Any:
        result = source.copy() if isinstance(source, datamodels.JwstDataModel) else datamodels.open(source)
        rate, settings = exposure_arrays_of(result), self.settings()
        with datamodels.open(beside) as opened:
            cube = opened.copy()
        cleaned = _clean(rate, cube, settings)
        validation = None
        if self.prove:
            validation = prove(
                lambda some: _with_integrations(some, rate, cube, settings),
                [rate],
                CorrectionResult([cleaned.rate]),
                sources=self.proof_sources,
            )
        write_exposure_arrays(
            result, cleaned.rate, self.class_alias, tuple(validation.sentences[:1]) if validation else ()
        )
        self.report = {
            "exposures": {rate.root: dict(cleaned.rate.facts)},
            "common": {"exposures": 1},
            "warnings": [],
            "proof": validation.to_dict() if validation else None,
        }
        if self.save_results:
            self._write_cube(cube, cleaned)
            self.save_model(cube, "rateints")
        self.suffix = "rate"
        return result

    def _cleaned_cube(self, source: Any) -> Any:
        result = source.copy() if isinstance(source, datamodels.JwstDataModel) else datamodels.open(source)
        whole = exposure_arrays_of(result)
        first = whole.replace(
            sci=whole.sci[0],
            err=whole.err[0],
            dq=whole.dq[0],
            var_poisson=None,
            var_rnoise=None,
            var_flat=None,
        )
        cleaned = _clean(first, result, self.settings())
        self.report = {
            "exposures": {whole.root: {"stripes": {"integrations": len(cleaned.sci)}}},
            "common": {"exposures": 1},
            "warnings": [],
            "proof": None,
        }
        self._write_cube(result, cleaned)
        return result

    def _write_cube(self, cube: Any, cleaned: CleanedIntegrations) -> None:
        cube.data, cube.err = cleaned.sci, cleaned.err
        if cube.var_rnoise is not None:
            cube.var_rnoise = np.asarray(cube.var_rnoise, np.float32) + cleaned.variance
        cube.add_history_entry(ascii_only(f"{self.class_alias}: stripes of each integration subtracted"))


class StripesStep(_RateintsStep):
    """
    Remove the offsets of columns and rows.

    Notes
    -----
    A rate whose integrations lie beside it (``_rateints``) is corrected by the weighted mean of what is taken off
    them, and both are saved; without them it is cleaned by itself, as a cal exposure is.
    """

    class_alias = "miri_stripes"
    operation = staticmethod(clean_stripes)

    spec = """
        columns = boolean(default=True)  # Remove the offset of each column.
        rows = boolean(default=True)  # Remove the offset of each row.
        method = option('joint', 'profiles', default='joint')  # Sky and offsets estimated together, the scale of the sky chosen by the data; or profiles of bands, as in versions before.
        protect_scale = float(min=5, max=1000, default=60.0)  # With profiles: structure along a profile that is wider than this may be sky, and stays (sigma of a Gaussian). [pixels]
        adaptive = boolean(default=True)  # With profiles: protect only what the profile shows to be there; else all that is wide, as with a Gaussian.
        source_nsigma = float(min=1, max=50, default=3.0)  # Sources are masked above this. [sigma]
        exclude_above = float(default=None)  # Pixels above this are left out of the medians, in the unit of the exposure.
        exclude_file = string(default=None)  # DS9 regions; pixels inside are left out of the medians.
        coronagraphs = option('own', 'leave', default='own')  # Lyot and coronagraph areas: profiles of their own, or left alone.
        min_pixels = integer(min=1, max=1000, default=20)  # Columns and rows with fewer usable pixels are left alone. [pixels]
    """


def _is_file_of(source: Any, suffix: str) -> bool:
    return isinstance(source, str | Path) and suffix_of(source) == suffix


def _clean(rate: ExposureArrays, cube: Any, settings: dict[str, Any], added: Any = 0) -> CleanedIntegrations:
    return clean_rateints(
        rate, np.asarray(cube.data) + added, np.asarray(cube.err), np.asarray(cube.dq), **settings
    )


def _with_integrations(
    some: Sequence[ExposureArrays], rate: ExposureArrays, cube: Any, settings: dict[str, Any]
) -> CorrectionResult:
    """Clean copies of a rate that sources were added to: the same sources are added to each integration."""

    def cleaned(exposure: ExposureArrays) -> ExposureArrays:
        added = np.nan_to_num(exposure.sci - rate.sci, posinf=0.0, neginf=0.0)
        return _clean(exposure, cube, settings, added).rate

    return CorrectionResult(Lazy.mapped(cleaned, some))
