"""Runs single steps of jwst in memory on small exposures, and tells what their products hold."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np

from miri_widgets.products.product_digest import content_parts
from parameter_trials.exposures import BEFORE, EVENTS
from parameter_trials.files import FILES
from parameter_trials.references import changed_reference

REFUSED = "refused"
SATURATED, JUMP, DO_NOT_USE = 2, 4, 1


class Laboratory:
    """
    Steps of one stage of jwst, each with an exposure on which it has something to do.

    Parameters
    ----------
    uncal : sequence of Path
        Simulated raw exposures of one filter.
    folder : Path
        Where other reference files, masks and catalogues are written.
    """

    def __init__(self, uncal: Sequence[Path], folder: Path) -> None:
        self.uncal, self.folder = tuple(uncal), Path(folder)
        self._inputs: dict[tuple[str, str], Any] = {}
        self._parts: dict[str, dict[str, str]] = {}
        self._others: dict[tuple[str, str], Path] = {}

    # -- runs -----------------------------------------------------------------

    def parts(self, stage: str, step: str, settings: Mapping[str, Any]) -> dict[str, str]:
        """Return hashes of all that the step makes with some settings, part by part; each run is made once."""
        key = f"{stage} {step} {sorted(settings.items(), key=str)}"
        if key not in self._parts:
            try:
                self._parts[key] = self._made(stage, step, settings)
            except Exception as error:
                self._parts[key] = {REFUSED: f"{type(error).__name__}: {error}"}
        return self._parts[key]

    def _made(self, stage: str, step: str, settings: Mapping[str, Any]) -> dict[str, str]:
        source = self.input(stage, step)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, chdir(folder), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = self._run(stage, step, settings, source)
            for place, model in enumerate(_models(result)):
                if hasattr(model, "save"):
                    model.save(f"result{place}.fits")
                else:  # the catalogue of source_catalog is a table
                    model.write(f"result{place}.ecsv", format="ascii.ecsv")
            return {
                f"{path.name} {part}": value
                for path in sorted(Path(folder).rglob("*"))
                if path.is_file()
                for part, value in content_parts(path).items()
            }

    def _run(self, stage: str, step: str, settings: Mapping[str, Any], source: Any) -> Any:
        from miri_widgets.steps.specs import pipeline_class
        from miri_widgets.steps.stages import stage as declared_stage

        pipeline = pipeline_class(declared_stage(stage).pipeline)
        made = pipeline.step_defs[step]()
        made.skip, made.save_results = False, False
        if settings.get("skip"):  # stpipe never skips a step that has no pipeline
            made.parent = pipeline()
        for name, value in settings.items():
            if "." in name:  # of another step
                continue
            setattr(made, name, self._value(made, name, value, source))
        return made.run(_copied(source))

    def _value(self, made: Any, name: str, value: Any, source: Any) -> Any:
        if value == "@other":
            first = next(iter(_models(source)))
            return str(self.other_reference(made, name, first))
        if isinstance(value, str) and value.startswith("@"):
            return str(self.file(value[1:]))
        if isinstance(value, tuple):
            return [str(self.file(one[1:])) if isinstance(one, str) else one for one in value]
        return value

    def output(self, stage: str, step: str) -> Any:
        """Return what a step makes with its defaults, in memory."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, chdir(folder):
            return next(iter(_models(self._run(stage, step, {}, self.input(stage, step)))))

    def catalogue(self, path: Path) -> None:
        """Write stars as a catalogue: of the sky for absolute alignment, or of pixels (`few_stars`)."""
        from astropy.table import Table
        from jwst.tweakreg.tweakreg_catalog import make_tweakreg_catalog

        model = self.calibrated(0)
        made = make_tweakreg_catalog(model, 10.0, 2.5)
        made = made[0] if isinstance(made, tuple) else made
        x, y = (made[name] for name in ("xcentroid", "ycentroid"))
        if path.name.startswith("few"):
            table = Table({"x": x[::2], "y": y[::2], "flux": made["flux"][::2]})
        else:
            ra, dec = model.meta.wcs(x, y)
            generator = np.random.default_rng(2)
            table = Table(
                {
                    "RA": ra + generator.normal(0, 1e-5, ra.size),
                    "DEC": dec + generator.normal(0, 1e-5, ra.size),
                }
            )
        table.write(path, overwrite=True)

    # -- files ----------------------------------------------------------------

    def other_reference(self, step: Any, name: str, model: Any) -> Path:
        """Return a reference file as CRDS gives it, with other values."""
        kind = {
            "user_supplied_reffile": "emicorr",
            "user_supplied_flat": "flat",
            "user_supplied_dq": "mask",
        }.get(name, name.removeprefix("override_"))
        if (step.class_alias, kind) not in self._others:
            source = "N/A"
            if kind in step.reference_file_types:
                source = step.get_reference_file(model, kind)
            # a type that MIRI does not have: any file will do, as nothing may open it
            if source == "N/A":
                source = step.get_reference_file(model, "gain")
            self._others[step.class_alias, kind] = changed_reference(
                Path(source), self.folder / f"{step.class_alias}_{kind}{Path(source).suffix}"
            )
        return self._others[step.class_alias, kind]

    def other_flat(self, path: Path) -> None:
        """Write a flat field with other values."""
        from jwst.flatfield import FlatFieldStep

        source = FlatFieldStep().get_reference_file(self.input("image2", "flat_field"), "flat")
        changed_reference(Path(source), path)

    def file(self, name: str) -> Path:
        """Return a file that a parameter names; `acting_files` writes it."""
        path = self.folder / name
        if not path.exists():
            FILES[name](path, self)
        return path

    # -- inputs ---------------------------------------------------------------

    def input(self, stage: str, step: str) -> Any:
        """Return what goes into a step: the exposures as the steps before it have left them."""
        if (stage, step) not in self._inputs:
            self._inputs[stage, step] = self._prepared(stage, step)
        return self._inputs[stage, step]

    def _prepared(self, stage: str, step: str) -> Any:
        from stdatamodels.jwst import datamodels

        before = BEFORE[stage, step]
        if before is None:
            with datamodels.RampModel(str(self.uncal[0])) as model:
                return model.copy()
        if stage == "image3":
            return self._for_image3(step)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, chdir(folder):
            made = self._run(*before, {}, self.input(*before))
        made = next(iter(_models(made)))
        return EVENTS.get((stage, step), lambda model: model)(made)

    def _for_image3(self, step: str) -> Any:
        before = BEFORE["image3", step]
        if before != ("image3", "calibrated"):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder, chdir(folder):
                return self._run(*before, {}, self.input(*before))
        from jwst.datamodels import ModelLibrary

        return ModelLibrary([self.calibrated(place) for place in range(len(self.uncal))], on_disk=False)

    def calibrated(self, place: int) -> Any:
        """Return one exposure after Detector 1 and Image 2, with a few cosmic rays left in."""
        from stdatamodels.jwst import datamodels

        from miri_widgets.steps.specs import pipeline_class
        from miri_widgets.steps.stages import stage as declared_stage

        path = self.folder / f"made{place}_cal.fits"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=self.folder) as folder, chdir(folder):
                rate = self.uncal[place]
                for stage in ("detector1", "image2"):
                    pipeline = pipeline_class(declared_stage(stage).pipeline)()
                    pipeline.save_results = False
                    if stage == "image2":
                        pipeline.resample.skip = True
                    rate = pipeline.run(rate)
                    rate = rate[0] if isinstance(rate, list | tuple) else rate
                    rate = next(iter(_models(rate)))
                generator = np.random.default_rng(place)
                y, x = generator.integers(20, 230, (2, 60))
                rate.data[y, x] += 20 * np.nanmedian(rate.err)
                rate.save(str(path))
        with datamodels.open(path) as model:
            model = model.copy()
        model.meta.filename = self.uncal[place].name.replace("_uncal", "_cal")
        return model


def _models(result: Any) -> Any:
    from jwst.datamodels import ModelLibrary

    if isinstance(result, ModelLibrary):
        with result:
            kept = []
            for model in result:
                kept.append(model)
                result.shelve(model, modify=False)
        return kept
    return [one for one in (result if isinstance(result, list | tuple) else [result]) if one is not None]


def _copied(source: Any) -> Any:
    from jwst.datamodels import ModelLibrary

    if isinstance(source, ModelLibrary):
        return ModelLibrary([model.copy() for model in _models(source)], on_disk=False)
    return source.copy()


_LABORATORIES: dict[Path, Laboratory] = {}


def parts(
    uncal: Sequence[Path], folder: Path, stage: str, step: str, settings: Mapping[str, Any]
) -> dict[str, str]:
    """Return hashes of what a step makes; the exposures of one folder are made ready once in a process."""
    laboratory = _LABORATORIES.setdefault(folder, Laboratory(uncal, folder))
    return laboratory.parts(stage, step, settings)
