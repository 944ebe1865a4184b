"""One stage as it is now: settings, what can run, how far it is, what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.models.messages import Subject
from miri_widgets.run.progress import stage_text
from miri_widgets.run.status_rows import RowState, RunRow, StageState, status_text
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.acting import Acting
from miri_widgets.steps.stage import Stage

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["PLANNING", "StageModel"]

PLANNING = "The changed settings are being compared with what was run before."


class StageModel(traitlets.HasTraits):
    """
    Observable state of one stage; nearly every stage needs no more than this.

    `apply` and `use_layers` are called by the session only. A user, a panel
    or a script sets `settings` (or calls `set`, `reset`, `undo`, `redo`,
    `load`) and calls `run` and `cancel`.

    Parameters
    ----------
    stage : Stage
        What it is about.
    session : SessionModel
        The session that it belongs to.
    """

    settings = traitlets.Instance(Settings, args=((),))
    presets = traitlets.Dict(help="filter -> values of its preset")
    loaded = traitlets.Bool(False, help="whether the declared parameters are known")
    step_docs = traitlets.Dict(help="one line per pipeline step")
    rows = traitlets.Tuple(help="RunRow of every run, for the settings of now")
    state = traitlets.UseEnum(StageState, StageState.LOADING)
    reasons = traitlets.Tuple(help="sentences: why it cannot run; see blockers()")
    notes = traitlets.Tuple(help="sentences that do not keep it from running")
    errors = traitlets.Tuple(help="sentences: what failed")
    products = traitlets.Tuple(help="Path of every product that the settings of now made")
    fraction = traitlets.Float(0.0)
    eta = traitlets.Float(None, allow_none=True, help="seconds left, None when unknown")
    late = traitlets.Bool(False, help="whether its job takes longer than expected")
    asking = traitlets.Bool(False, help="whether CRDS is being asked for its values")
    planning = traitlets.Bool(False, help="whether rows belong to earlier settings still")
    watched = traitlets.Unicode("", help="key of the run whose log is followed")
    log = traitlets.Unicode("", help="end of the log of the watched run")
    unfinished = traitlets.Dict(
        help="text that stands in a control and is not allowed, by full name of the parameter"
    )
    requested_section = traitlets.Unicode(
        "", help="the view that is asked for: a panel brings it, and forgets the wish"
    )

    def __init__(self, stage: Stage, session: SessionModel) -> None:
        super().__init__()
        self.stage = stage
        self.session = session
        self._past: list[dict[str, Any]] = []
        self._future: list[dict[str, Any]] = []
        self._quiet = False
        self._acting: tuple[Settings, tuple[str, ...], Acting] | None = None
        self.observe(self._note_settings, "settings")

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name

    # -- settings ---------------------------------------------------------

    def set(self, changes: Mapping[str, Any]) -> None:
        """
        Change values of the user.

        Raises
        ------
        ParameterError
            If one is not allowed; nothing is changed then.
        """
        self.settings = self.settings.replace(changes)
        self.forget_unfinished(*changes)

    def reset(self, *names: str) -> None:
        """Forget the user's values of `names`, and text that is not allowed; of all when none is named."""
        self.settings = self.settings.without(*names)
        self.forget_unfinished(*names)

    def note_unfinished(self, name: str, text: str) -> None:
        """Remember text that stands in a control and is not allowed: the value before it is the one that acts."""
        self.unfinished = {**self.unfinished, name: text}

    def forget_unfinished(self, *names: str) -> None:
        """Forget such text of `names`; of all when none is named."""
        self.unfinished = {
            name: text for name, text in self.unfinished.items() if names and name not in names
        }

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past or self.unfinished)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to bring back."""
        return bool(self._future)

    def undo(self) -> None:
        """Take the last change of settings back; text that is not allowed first."""
        if self.unfinished:
            self.forget_unfinished()
            return
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Bring back the change that was taken back last."""
        self._step(self._future, self._past)

    def _step(self, source: list[dict[str, Any]], target: list[dict[str, Any]]) -> None:
        if source:
            target.append(self.settings.user)
            self._quietly(self.settings.with_layer(Source.USER, source.pop()))

    def _quietly(self, settings: Settings) -> None:
        self._quiet = True
        try:
            self.settings = settings
        finally:
            self._quiet = False

    def _note_settings(self, change: Mapping[str, Any]) -> None:
        if not self._quiet and change["old"].user != change["new"].user:
            self._past.append(change["old"].user)
            self._future.clear()
        if change["old"].passed() != change["new"].passed():
            self.planning = True
            self.session.touch()

    def use_layers(self, declared: Sequence[Any], layers: Mapping[Source, Mapping[str, Any]]) -> None:
        """Take what the spec, CRDS, presets and the program say; the user's values stay."""
        known = {parameter.name for parameter in declared}
        user = {name: value for name, value in self.settings.user.items() if name in known}
        merged = {**layers, Source.USER: {**layers.get(Source.USER, {}), **user}}
        self._quietly(Settings(tuple(declared), merged))
        self.loaded = True

    def save(self, path: Path) -> None:
        """Save the settings as a parameter file: ASDF for the pipeline, or TOML for a program."""
        self.session.services.save_set(self.name, self.settings, Path(path))

    def load(self, path: Path) -> None:
        """
        Take the user's values from a parameter file.

        Raises
        ------
        ParameterError, BadTableError, MissingFileError
            If the file or one of its values cannot be used; nothing is changed then.
        """
        self._take_values(self.session.services.load_set(self.name, Path(path)).passed())

    def load_code(self, text: str) -> tuple[str, ...]:
        """
        Take the user's values from code: a call of the pipeline, a ``strun`` line, a script or a notebook.

        Parameters
        ----------
        text : str
            The code. It is read, never run.

        Returns
        -------
        tuple of str
            What it sets besides, as sentences: why it was not taken.

        Raises
        ------
        ParameterError
            If it holds no such call, or one of its values cannot be used; nothing is changed then.
        """
        found = self.session.services.read_code(self.name, text)
        self._take_values(found.values)
        return tuple(found.left_out)

    def use_preset(self, title: str) -> None:
        """
        Take the values of a named preset of the stage as the user's, beside those that the user has.

        Parameters
        ----------
        title : str
            Title of the preset.

        Raises
        ------
        ParameterError
            If the stage has no preset of this title.
        """
        presets = {preset.title: preset for preset in self.stage.named_presets}
        if title not in presets:
            raise ParameterError(
                f"the preset {title[:60]!r} of {self.name}",
                "one of " + ", ".join(presets) if presets else "a stage with presets",
                "choose another",
            )
        values = {**self.settings.user, **dict(presets[title].values)}
        self.settings = self.settings.without().with_layer(Source.USER, values)
        self.forget_unfinished(*dict(presets[title].values))

    def has_preset(self, title: str) -> bool:
        """
        Return whether all values of a named preset act.

        Parameters
        ----------
        title : str
            Title of the preset.
        """
        values = dict(next(preset.values for preset in self.stage.named_presets if preset.title == title))
        passed = self.settings.passed()
        return all(passed.get(name) == value for name, value in values.items())

    def _take_values(self, loaded: Mapping[str, Any]) -> None:
        bare = self.settings.without()
        anyway = bare.passed()
        # what acts anyway (a preset, the program's) does not become the user's; None is a value, too
        chosen = {
            name: value for name, value in loaded.items() if name not in anyway or anyway[name] != value
        }
        self.settings = bare.with_layer(Source.USER, chosen)
        self.forget_unfinished()

    @property
    def acting(self) -> Acting:
        """What other stages of the chain decide, and which parameters do not act, each with the reason."""
        chain = tuple(name for name in self.session.models if name in self.session.chain)
        known = self._acting
        if known is None or known[0] is not self.settings or known[1] != chain:
            stages = [self.session.models[name].stage for name in chain]
            found = self.session.services.acting(self.stage, self.settings, stages)
            known = self._acting = (self.settings, chain, found)
        return known[2]

    # -- running ----------------------------------------------------------

    def blockers(self) -> list[str]:
        """Return why the stage cannot run now, as sentences; empty when it can."""
        if self.name not in self.session.chain:
            return ["This step is left out of the chain: take it in first."]
        if not self.loaded:
            return ["The parameters of the pipeline are being read; this takes some seconds the first time."]
        if self.unfinished:
            names = ", ".join(sorted(self.unfinished))
            return [f"What is entered for {names} is not allowed: correct it, or take it back with Undo."]
        if self.planning:
            return [PLANNING]
        return list(self.reasons)

    @property
    def active(self) -> bool:
        """Whether a run of this stage is waiting or at work."""
        return any(row.active for row in self.rows)

    @property
    def progress(self) -> str:
        """What its runs are doing and how long they take, as text; empty when none is in progress."""
        return stage_text(self.rows, self.eta, self.late) if self.active else ""

    @property
    def status(self) -> str:
        """How it stands, in words: a stage with results that were made with steps left out says so when it is done."""
        return status_text(self.state, any(row.left_out for row in self.rows))

    @property
    def count_done(self) -> int:
        """Number of runs that are complete with the settings of now."""
        return sum(row.state == RowState.DONE for row in self.rows)

    def run(self) -> str:
        """
        Submit what is not complete; return the job's id.

        Raises
        ------
        MiriWidgetsError
            If there are blockers, or the engine cannot take the job.
        """
        return self.session.run(self.name)

    def cancel(self, *keys: str) -> None:
        """Ask the runs of this stage that are at work to stop, or some of them; what needs them ends, too."""
        self.session.cancel_runs(
            [row for row in self.rows if row.active and row.job and (not keys or row.key in keys)]
        )

    def ask_log(self, key: str) -> None:
        """Follow the log of a run, and have it shown."""
        self.watched = key
        self.requested_section = "log"

    def code(self) -> str:
        """Return a run of this stage, with the settings of now, as Python and as a ``strun`` line."""
        return self.session.code(self.name)

    def script(self) -> str:
        """Return all runs up to this stage as a Python program that gives the same products."""
        return self.session.script(self.name)

    def export(self) -> tuple[Path, Path]:
        """Write the program, and the same as a notebook, into the workspace; see `SessionModel.export`."""
        return self.session.export(self.name)

    def apply(self, values: Mapping[str, Any]) -> None:
        """
        Take the facts of now: the only writer of everything but settings.

        Parameters
        ----------
        values : mapping
            Trait values by name; equal ones tell no observer.
        """
        with self.hold_trait_notifications():
            for name, value in values.items():
                setattr(self, name, value)

    def row(self, key: str) -> RunRow | None:
        """Return the row of a run, or None."""
        return next((row for row in self.rows if row.key == key), None)

    def explain(self, error: MiriWidgetsError) -> None:
        """Show an error of an action (run, load ...) until the next action."""
        self.session.messages.put(Subject.ACTION, str(error))
