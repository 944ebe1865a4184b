"""
Simulated MIRI imager programs with known truth, and the reference files that match them.

Importing this package is cheap: data models, astropy and the pipeline are imported when a function needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.simulation.effects import Effects
    from miri_widgets.simulation.exposures import Simulated, simulate
    from miri_widgets.simulation.laboratory import import_laboratory_ramp
    from miri_widgets.simulation.program import ProgramField, SimulatedProgram, SimulatedTile
    from miri_widgets.simulation.programs import PROGRAMS
    from miri_widgets.simulation.reference_cache import (
        ReferenceCache,
        crds_environment,
        write_reference_cache,
    )
    from miri_widgets.simulation.truth import ExposureTruth, Truth, load_truth

__all__ = [
    "PROGRAMS",
    "Effects",
    "ExposureTruth",
    "ProgramField",
    "ReferenceCache",
    "Simulated",
    "SimulatedProgram",
    "SimulatedTile",
    "Truth",
    "calibrated_program",
    "crds_environment",
    "import_laboratory_ramp",
    "load_truth",
    "simulate",
    "write_cal",
    "write_reference_cache",
]

_HOME = {
    "PROGRAMS": "programs",
    "Effects": "effects",
    "ExposureTruth": "truth",
    "ProgramField": "program",
    "ReferenceCache": "reference_cache",
    "Simulated": "exposures",
    "SimulatedProgram": "program",
    "SimulatedTile": "program",
    "Truth": "truth",
    "calibrated_program": "calibrated",
    "crds_environment": "reference_cache",
    "import_laboratory_ramp": "laboratory",
    "load_truth": "truth",
    "simulate": "exposures",
    "write_cal": "calibrated_files",
    "write_reference_cache": "reference_cache",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
