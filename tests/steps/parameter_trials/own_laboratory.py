"""Runs our stages on small exposures as the engine does, and tells what their products hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.products.product_digest import content_parts
from parameter_trials.own_inputs import FILES, INPUTS
from parameter_trials.references import changed_reference

__all__ = ["RECORD", "REFUSED", "OwnLaboratory", "parts"]

REFUSED = "refused"
RECORD = "record"


class OwnLaboratory:
    """
    Our stages, each with exposures on which it has something to do.

    Parameters
    ----------
    folder : Path
        Where exposures, masks and tables are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._inputs: dict[str, list[Path]] = {}
        self._parts: dict[str, dict[str, str]] = {}

    def inputs(self, stage: str) -> list[Path]:
        """Return the files that go into a stage."""
        make, choose = INPUTS[stage]
        if make.__name__ not in self._inputs:
            folder = self.folder / make.__name__
            folder.mkdir(parents=True)
            self._inputs[make.__name__] = make(folder)
        return choose(self._inputs[make.__name__])

    def parts(self, stage: str, settings: Mapping[str, Any]) -> dict[str, str]:
        """Return hashes of all that a stage makes, part by part, and its report; each run is made once."""
        from miri_widgets.steps.execute import execute

        key = f"{stage} {sorted(settings.items(), key=str)}"
        if key not in self._parts:
            files = self.inputs(stage)
            values = {name: self._value(name, value, files) for name, value in settings.items()}
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                try:
                    result = execute(stage, files, values, Path(folder) / "made", product_name="own")
                except Exception as error:
                    self._parts[key] = {REFUSED: f"{type(error).__name__}: {error}"}
                else:
                    self._parts[key] = {
                        f"{path.name} {part}": value
                        for path in sorted((Path(folder) / "made").iterdir())
                        for part, value in content_parts(path).items()
                    } | {RECORD: json.dumps(result.facts.get("report"), sort_keys=True, default=str)}
        return self._parts[key]

    def _value(self, name: str, value: Any, files: list[Path]) -> Any:
        if value == "@other":
            return str(self._other_reference(name.rpartition("_")[2], files[0]))
        if value == ("@split",):
            return [self._split(files)]
        if isinstance(value, str) and value.startswith("@"):
            path = self.folder / value[1:]
            if not path.exists():
                FILES[value[1:]](path, files)
            return str(path)
        return list(value) if isinstance(value, tuple) else value

    def _other_reference(self, kind: str, source: Path) -> Path:
        from jwst.ramp_fitting import RampFitStep

        path = self.folder / f"other_{kind}.fits"
        if not path.exists():
            changed_reference(Path(RampFitStep().get_reference_file(str(source), kind)), path)
        return path

    @staticmethod
    def _split(files: list[Path]) -> str:
        from miri_widgets.core.shifts.groups import group_exposures
        from miri_widgets.products.exposure_headers import read_exposure

        group = group_exposures([read_exposure(path, suffix="cal") for path in files])[0]
        return f"split {group.name} {sorted(group.roots)[0]}"


_LABORATORIES: dict[Path, OwnLaboratory] = {}


def parts(folder: Path, stage: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return hashes of what a stage makes; the exposures of one folder are made ready once in a process."""
    return _LABORATORIES.setdefault(folder, OwnLaboratory(folder)).parts(stage, settings)
