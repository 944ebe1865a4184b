"""The settings of one stage: their layers, the user's changes with undo, and parameter files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import traitlets

from miri_widgets.errors import ParameterError
from miri_widgets.models.messages import Messages
from miri_widgets.products.program import Program
from miri_widgets.run.services import Services
from miri_widgets.run.setting_layers import checked_layer, setting_layers
from miri_widgets.run.snapshot import Declared
from miri_widgets.settings import Parameter, Settings, Source
from miri_widgets.steps.acting import Acting
from miri_widgets.steps.stage import Stage

__all__ = ["SettingsInput", "StageOwner", "StageSettings"]


class StageOwner(Protocol):
    """What one stage uses of all: its part of the chain, plans, and calls into the rooms below."""

    @property
    def program(self) -> Program: ...
    @property
    def services(self) -> Services: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def chain(self) -> tuple[Any, ...]: ...
    @property
    def declared_chain(self) -> tuple[Stage, ...]: ...
    def touch(self) -> None: ...


@dataclass(frozen=True)
class SettingsInput:
    """
    What the settings of a stage are laid out of, besides CRDS and what the user does from now on.

    Attributes
    ----------
    declared : Declared
        Its parameters.
    presets : mapping of str to mapping
        Values by filter.
    of_program : mapping of str to object
        Values of the program's file.
    remembered : mapping of str to object or None
        Values of the session file; None once they were taken.
    """

    declared: Declared
    presets: Mapping[str, Mapping[str, Any]]
    of_program: Mapping[str, Any]
    remembered: Mapping[str, Any] | None = None


class StageSettings(traitlets.HasTraits):
    """
    The settings of a stage, as somebody sets them.

    The event ``acting_changed`` says that others of them may act than before, because the chain has changed.

    Parameters
    ----------
    stage : Stage
        What it is about.
    owner : StageOwner
        The chain that the stage belongs to.
    """

    settings = traitlets.Instance(Settings, args=((),))
    presets = traitlets.Dict(help="filter -> values of its preset")
    loaded = traitlets.Bool(False, help="whether the declared parameters are known")
    step_docs = traitlets.Dict(help="one line per pipeline step")
    planning = traitlets.Bool(False, help="whether rows belong to earlier settings still")
    unfinished = traitlets.Dict(
        help="text that stands in a control and is not allowed, by full name of the parameter"
    )

    def __init__(self, stage: Stage, owner: StageOwner) -> None:
        super().__init__()
        self.stage = stage
        self._owner = owner
        self._past: list[dict[str, Any]] = []
        self._future: list[dict[str, Any]] = []
        self._quiet = False
        self._acting: tuple[Settings, tuple[str, ...], Acting] | None = None
        self.observe(self._note_settings, "settings")

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name

    def set(self, changes: Mapping[str, Any]) -> None:
        """
        Change values of the user.

        Parameters
        ----------
        changes : mapping of str to object
            Values by full name of the parameter.

        Raises
        ------
        ParameterError
            If one is not allowed; nothing is changed then.
        """
        self.settings = self.settings.replace(changes)
        self.forget_unfinished(*changes)

    def reset(self, *names: str) -> None:
        """
        Forget the user's values of `names`, and text that is not allowed; of all when none is named.

        Parameters
        ----------
        *names : str
            Full names of parameters.
        """
        self.settings = self.settings.without(*names)
        self.forget_unfinished(*names)

    def note_unfinished(self, name: str, text: str) -> None:
        """
        Remember text that stands in a control and is not allowed: the value before it is the one that acts.

        Parameters
        ----------
        name : str
            Full name of the parameter.
        text : str
            What the user typed.
        """
        self.unfinished = {**self.unfinished, name: text}

    def forget_unfinished(self, *names: str) -> None:
        """
        Forget such text of `names`; of all when none is named.

        Parameters
        ----------
        *names : str
            Full names of parameters.
        """
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

    def restore_user(self, values: Mapping[str, Any]) -> None:
        """
        Take all values of the user at once: an Undo or Redo of the page, which this stage's own follows.

        Parameters
        ----------
        values : mapping
            Values by full name of the parameter.
        """
        if self._past and self._past[-1] == values:
            self._step(self._past, self._future)
        elif self._future and self._future[-1] == values:
            self._step(self._future, self._past)
        else:
            self.settings = self.settings.with_layer(Source.USER, values)
        self.forget_unfinished()

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
            self._owner.touch()

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

    def use_layers(self, declared: Sequence[Any], layers: Mapping[Source, Mapping[str, Any]]) -> None:
        """
        Take what the spec, CRDS, presets and the program say; the user's values stay.

        Parameters
        ----------
        declared : sequence of Parameter
            All parameters of the stage.
        layers : mapping of Source to mapping
            Values by full name of the parameter, of each source.
        """
        known = {parameter.name for parameter in declared}
        user = {name: value for name, value in self.settings.user.items() if name in known}
        merged = {**layers, Source.USER: {**layers.get(Source.USER, {}), **user}}
        self._quietly(Settings(tuple(declared), merged))
        self.loaded = True

    @property
    def settable(self) -> tuple[Parameter, ...]:
        """The parameters that can be set: those that the engine does not keep for itself."""
        owned = self._owner.services.owned
        return tuple(parameter for parameter in self.settings.declared if not owned(parameter.name))

    @property
    def workspace(self) -> Path:
        """The folder of the program's runs."""
        return self._owner.program.workspace

    def apply_layers(self, given: SettingsInput) -> tuple[list[str], list[str]]:
        """
        Lay the settings out anew, of all their layers.

        Parameters
        ----------
        given : SettingsInput
            What they consist of. Values of CRDS and of the user stay as they are.

        Returns
        -------
        list of str, list of str
            Values of the program's file, and of the session file, that are not allowed, as sentences.
        """
        refused, forgotten = list[str](), list[str]()
        declared = given.declared.parameters
        layers: dict[Source, dict[str, Any]] = {
            Source.CRDS: dict(self.settings.layers.get(Source.CRDS, {})),
            **setting_layers(declared, given.presets, given.of_program, refused),
        }
        if given.remembered is not None:
            layers[Source.USER] = checked_layer(declared, given.remembered, forgotten)
        self.presets = dict(given.presets)
        self.step_docs = dict(given.declared.step_docs)
        self.use_layers(declared, layers)
        return refused, forgotten

    def save(self, path: Path) -> None:
        """
        Save the settings as a parameter file: ASDF for the pipeline, or TOML for a program.

        Parameters
        ----------
        path : Path
            The file; its suffix, ``.asdf`` or ``.toml``, says which.
        """
        self._owner.services.save_set(self.name, self.settings, Path(path))

    def load(self, path: Path) -> None:
        """
        Take the user's values from a parameter file.

        Parameters
        ----------
        path : Path
            The file, ASDF or TOML.

        Raises
        ------
        ParameterError, BadTableError, MissingFileError
            If the file or one of its values cannot be used; nothing is changed then.
        """
        self._take_values(self._owner.services.load_set(self.name, Path(path)).passed())

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
        code = self._owner.services.read_code(self.name, text)
        self._take_values(code.values)
        return tuple(code.left_out)

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
        stages = self._owner.declared_chain
        chain = tuple(stage.name for stage in stages)
        known = self._acting
        if known is None or known[0] is not self.settings or known[1] != chain:
            acting = self._owner.services.acting(self.stage, self.settings, stages)
            known = self._acting = (self.settings, chain, acting)
        return known[2]
