"""
The base of our own pipeline steps: real `stpipe` steps around a correction of `miri_widgets.core`.

They run by ``strun``, by ``Step.call``, as hooks of the official pipelines, and as stages. A subclass says what
is its own::

    class PedestalStep(CorrectionStep):
        \"""Subtract the level of each exposure.\"""

        class_alias = "miri_pedestal"
        operation = staticmethod(subtract_pedestal)
        spec = \"""
            nsigma = float(min=1, max=10, default=3.0)  # Values beyond this do not count. [sigma]
        \"""

The parameters of `spec` are the keyword arguments of `operation`; one whose name ends with ``_file`` is read first
and handed over without that ending (`miri_widgets.steps.arguments`).
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from jwst.datamodels import ModelLibrary
from jwst.stpipe import Step
from stdatamodels.jwst import datamodels
from stpipe import config_parser

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.validation import prove
from miri_widgets.errors import NotWritableError, ParameterError
from miri_widgets.products.image_products import write_images
from miri_widgets.products.names import root_of, suffix_of
from miri_widgets.steps.arguments import arguments_of
from miri_widgets.steps.model_arrays import (
    CachedExposures,
    ascii_only,
    write_exposure_arrays,
)
from miri_widgets.steps.step_inputs import (
    association_of,
    copied,
    exposure_arrays_in,
    files_of,
    indices_by_name,
    is_single,
    opened_model,
    product_name,
    science_association,
)

__all__ = ["CorrectionStep", "MiriStep"]

log = logging.getLogger(f"stpipe.{__name__}")


class MiriStep(Step):
    """
    A step that keeps the suffix of its input, and never writes over it.

    Attributes
    ----------
    report : dict
        Plain values about what the last run did, for its record.
    """

    spec = """
        output_use_model = boolean(default=True)  # Name outputs after the exposures that went in.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.report: dict[str, Any] = {}
        self._inputs: tuple[Path, ...] = ()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def get_config_from_reference(cls, dataset: Any, *arguments: Any, **named: Any) -> Any:
        """
        Return no parameters: CRDS knows nothing of our steps.

        Parameters
        ----------
        dataset : object
            What stpipe asks for.
        *arguments : object
            Not used.
        **named : object
            Not used.
        """
        return config_parser.ConfigObj()

    @classmethod
    def _get_config_from_parameters(cls, *arguments: Any, **named: Any) -> Any:
        # what a pipeline asks of its steps
        return config_parser.ConfigObj()

    def save_model(self, model: Any, suffix: str | None = None, *arguments: Any, **named: Any) -> Any:
        """
        Save under the suffix that the exposure has; refuse to write over an input.

        Parameters
        ----------
        model : object
            What to save.
        suffix : str or None
            Suffix of the file; that of the exposure by default.
        *arguments : object
            Passed on to stpipe.
        **named : object
            Passed on to stpipe.
        """
        if isinstance(model, datamodels.JwstDataModel):
            suffix = suffix_of(model.meta.filename) or suffix
            named.pop("idx", None)
            target = Path(self.make_output_path(basepath=model.meta.filename, suffix=suffix)).resolve()
            if target in self._inputs:
                raise NotWritableError(
                    f"{target.name} would be written over the exposure that it is made from",
                    "another folder for the result",
                    "give --output_dir",
                )
        return super().save_model(model, suffix, *arguments, **named)

    def run(self, *arguments: Any) -> Any:
        """
        Run, once every number is one: "nan" passes the bounds of a spec.

        Parameters
        ----------
        *arguments : str or JwstDataModel
            As for `stpipe.Step.run`.

        Raises
        ------
        ParameterError
            If a parameter is not a number.
        """
        for name in config_parser.load_spec_file(type(self)).scalars:
            value = getattr(self, name, None)
            parts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(part, float) and math.isnan(part) for part in parts):
                raise ParameterError(f"{name} = {value!r}", "a number", "correct the parameter")
        return super().run(*arguments)

    def close(self) -> None:
        """Let go of what was kept on disk; a library that this step returned is gone then."""
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def note_inputs(self, source: Any) -> None:
        """
        Remember the files that must not be written over.

        Parameters
        ----------
        source : object
            What the step was given: a file, an association, models, or a list of them.
        """
        self._inputs = tuple(files_of(source))

    def opened_library(self, source: Any) -> Any:
        """
        Return the exposures as a library: one of files is kept on disk, one of data models is copied.

        Parameters
        ----------
        source : object
            What the step was given: a file, an association, models, or a list of them.
        """
        if isinstance(source, ModelLibrary):
            return source
        if not isinstance(source, str | Path | dict):  # a list or a ModelContainer
            members = list(source)
            if any(isinstance(member, datamodels.JwstDataModel) for member in members):
                return ModelLibrary([copied(member) for member in members], on_disk=False)
            source = association_of(members)
        elif isinstance(source, str | Path):
            source = science_association(Path(source))
        # on disk: only one exposure of many is in memory at a time
        self._scratch = tempfile.TemporaryDirectory(prefix="miri_widgets-")
        library = ModelLibrary(
            source, asn_exptypes=["science"], on_disk=True, temp_directory=self._scratch.name
        )
        library.scratch = self._scratch  # lives as long as the library, which may outlive this step
        return library


class CorrectionStep(MiriStep):
    """
    A step around a correction of calibrated or rate exposures.

    Attributes
    ----------
    operation : callable
        The correction: exposures and settings to `CorrectionResult`.
    together : bool
        Whether all exposures of a library go in at once; else one by one.
    images_suffix : str
        Suffix of the file of ``CorrectionResult.images``; none is written when empty.
    """

    operation: ClassVar[Callable[..., CorrectionResult]]
    together: ClassVar[bool] = False
    images_suffix: ClassVar[str] = ""

    spec = """
        prove = boolean(default=True)  # Send sources of known flux through a copy, and tell what the step does to them.
        proof_sources = integer(min=20, max=5000, default=200)  # Sources in that copy, all exposures together.
    """

    def process(self, source: Any) -> Any:
        """
        Correct one exposure or several.

        Parameters
        ----------
        source : str, JwstDataModel, list, ModelContainer, ModelLibrary
            An exposure, its file, an association, or several of them.

        Returns
        -------
        JwstDataModel or ModelLibrary
            As the input: one for one, a library for several. The input is not modified, unless it is a library,
            which the pipelines hand on.
        """
        self.note_inputs(source)
        if is_single(source):
            result = copied(source)
            self._correct([result])
            return result
        library = self.opened_library(source)
        if self.together:
            self._correct(library)
        else:
            self._correct_each(library)
        return library

    def _correct_each(self, models: Any) -> None:
        reports = [self._correct(models, index) for index in sorted(indices_by_name(models))]
        self.report = {
            "exposures": {root: facts for each in reports for root, facts in each["exposures"].items()},
            "warnings": list(dict.fromkeys(line for each in reports for line in each["warnings"])),
            "proofs": [each["proof"] for each in reports],
        }

    def _correct(self, models: Any, index: int | None = None) -> dict[str, Any]:
        """Correct some exposures, or one of them, in place; return and keep the report."""
        indices = indices_by_name(models) if index is None else [index]
        with tempfile.TemporaryDirectory(prefix="miri_widgets-") as folder:
            read = CachedExposures(
                Path(folder), lambda position: exposure_arrays_in(models, indices[position])
            )
            result, validation = self._result(Lazy(len(indices), read))
            notes = tuple(validation.sentences[:1]) if validation else ()
            by_root = {}
            for position, at in enumerate(indices):
                exposure = result.exposures[position]
                by_root[exposure.root] = dict(exposure.facts)
                with opened_model(models, at, modify=True) as model:
                    write_exposure_arrays(model, exposure, self.class_alias, notes)
        self.report = {
            "exposures": by_root,
            "common": dict(result.facts),
            "warnings": list(result.warnings),
            "proof": validation.to_dict() if validation else None,
        }
        self._save_images(models, indices[0], result)
        return self.report

    def _result(self, exposures: Sequence[ExposureArrays]) -> tuple[CorrectionResult, Proof | None]:
        """Correct exposures and prove it, as the user wants; what was found goes to the log."""
        operation, settings = type(self).operation, self.settings()
        result = operation(exposures, **settings)
        validation = None
        if self.prove:
            validation = prove(
                lambda some: operation(some, **settings), exposures, result, sources=self.proof_sources
            )
        for line in (*result.warnings, *(validation.sentences if validation else ())):
            log.info("%s", line)
        return result, validation

    def settings(self) -> dict[str, Any]:
        """Return the keyword arguments of the correction."""
        names = config_parser.load_spec_file(type(self)).scalars
        return arguments_of({name: getattr(self, name) for name in names})

    def _save_images(self, models: Any, first: int, result: CorrectionResult) -> None:
        if not (self.images_suffix and result.images and self.save_results):
            return
        with opened_model(models, first) as model:
            name = product_name(models) or root_of(model.meta.filename)
            header = {
                "TELESCOP": "JWST",
                "INSTRUME": "MIRI",
                "DETECTOR": "MIRIMAGE",
                "FILTER": model.meta.instrument.filter,
                "SUBARRAY": model.meta.subarray.name,
                "BUNIT": model.meta.bunit_data,
            }
        path = Path(self.search_attr("output_dir", default="")) / f"{name}_{self.images_suffix}.fits"
        facts = [f"{key} = {value}" for key, value in sorted(result.facts.items()) if _is_plain(value)]
        write_images(path, result.images, header, [f"made by {self.class_alias}", *map(ascii_only, facts)])
        log.info("Saved %s", path.name)


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)
