"""
The runs of a program, as the few calls that a page makes.

Models take them as one value, so that a test can give others, and so that no
model imports more than it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.scan import ScanResult
from miri_widgets.settings import Parameter, Settings
from miri_widgets.steps.acting import Acting
from miri_widgets.steps.stage import Stage

__all__ = ["EngineLike", "PlannedLike", "Services", "SettingsOf"]

SettingsOf: TypeAlias = Callable[[str, Exposure], Settings]


class PlannedLike(Protocol):
    """What the models read of a `miri_widgets.run.chain_planning.PlannedChain`."""

    @property
    def plans(self) -> Sequence[Any]: ...
    @property
    def refused(self) -> Mapping[str, Exception]: ...
    @property
    def notes(self) -> Mapping[str, tuple[str, ...]]: ...


class EngineLike(Protocol):
    """What the models ask of a `miri_widgets.run.engine.Engine`."""

    def submit(self, plans: Sequence[Any]) -> str: ...
    def cancel(self, job_id: str, keys: Collection[str] = ()) -> None: ...
    def jobs(self) -> Sequence[Any]: ...
    def state(self, job_id: str) -> Any: ...
    def log_path(self, job_id: str, key: str) -> Path: ...
    def status(self) -> Any: ...
    def recover(self) -> Any: ...
    def wait(self, job_id: str, timeout: float | None = None, on_event: Any = None) -> Any: ...


@dataclass(frozen=True)
class Services:
    """
    Calls into the rooms below.

    Attributes
    ----------
    stages : tuple of Stage
        In order.
    stage_problems : tuple of str
        Why stages of other packages are left out, as sentences.
    engine : EngineLike
        The jobs of the workspace.
    scan : callable
        Folders to exposures, mosaics and problems.
    declared, step_docs : callable
        Parameters, and one line per step, of a stage by name.
    owned : callable
        Why a parameter cannot be set, by full name; empty when it can.
    acting : callable
        What acts of a stage's settings in a chain of stages, see `miri_widgets.steps.acting.acting_in_chain`.
    preset : callable
        Per-filter values of a stage.
    crds_layer : callable
        What CRDS parameter files set for an exposure.
    plan : callable
        Exposures, stage names, settings (by stage and exposure) and, by the keyword ``rejected``, roots that mosaics
        leave out, to run plans, and to refusals and notes by stage.
    products : callable
        Product files of a plan whose run is complete; else empty.
    report : callable
        Report of a step of this package on a plan's complete run; else empty.
    record : callable
        The record of a plan's complete run; None when there is none.
    inputs : callable
        Files that go into a plan's run.
    harm : callable
        The harm in a report, as text; empty when there is none.
    accepted : callable
        Whether the harm of a run was accepted, by key.
    accept : callable
        Accept it: key and words.
    preview : callable
        What a stage would do to one exposure, see `miri_widgets.steps.previews`.
    place : callable
        Where an image lies on the sky, as `miri_widgets.core.exposure_arrays.ExposureArrays` without pixels.
    code, script, notebook : callable
        One run as Python for the pipeline alone; runs as a program of this package, and as a Jupyter notebook.
    read_code : callable
        What code sets of a stage, as `miri_widgets.run.code_settings.CodeSettings`.
    save_set, load_set : callable
        Parameter sets as files.
    left_out : callable
        Steps that the pipeline left out of a plan's complete run, with the reason, as text; empty when none.
    accelerations : callable
        Names of accelerations that are not to act, to the state of each in words, see
        `miri_widgets.steps.acceleration.acceleration_states`.
    make_twin : callable
        Makes a simulated program by its name, and reports to a callable line by line.
    """

    stages: tuple[Stage, ...]
    engine: EngineLike
    scan: Callable[[], ScanResult]
    declared: Callable[[str], tuple[Parameter, ...]]
    step_docs: Callable[[str], Mapping[str, str]]
    owned: Callable[[str], str]
    acting: Callable[[Any, Settings, Sequence[Any]], Acting]
    preset: Callable[[str, str], Mapping[str, Any]]
    crds_layer: Callable[[str, Path], Mapping[str, Any]]
    plan: Callable[..., PlannedLike]
    products: Callable[[Any], tuple[Path, ...]]
    report: Callable[[Any], Mapping[str, Any]]
    record: Callable[[Any], Any]
    inputs: Callable[[Any], tuple[Path, ...]]
    harm: Callable[[Mapping[str, Any]], str]
    accepted: Callable[[str], bool]
    accept: Callable[[str, str], None]
    preview: Callable[..., Any]
    footprint: Callable[[Path], Any]
    code: Callable[[Any], str]
    script: Callable[[Sequence[Any]], str]
    notebook: Callable[[Sequence[Any]], str]
    read_code: Callable[[str, str], Any]
    save_set: Callable[[str, Settings, Path], None]
    load_set: Callable[[str, Path], Settings]
    make_twin: Callable[[str, Callable[[str], None]], None]
    left_out: Callable[[Any], str] = lambda plan: ""
    stage_problems: tuple[str, ...] = ()
    accelerations: Callable[[Collection[str]], Mapping[str, str]] = lambda off: {}
