"""The settings of all stages of a session, laid out of what the spec, CRDS, presets, the program and the user say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from miri_widgets.models.messages import Subject
from miri_widgets.models.session_memory import recall
from miri_widgets.products.session_file import SessionFile
from miri_widgets.run.setting_layers import checked_layer, setting_layers
from miri_widgets.run.snapshot import Declared, Snapshot
from miri_widgets.settings import Source

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel
    from miri_widgets.models.stage import StageModel

__all__ = ["SettingsLayers"]


class SettingsLayers:
    """
    Lays out the settings of every stage, whenever the filters or the declarations are others.

    Parameters
    ----------
    session : SessionModel
        Whose stages get them.
    memory : SessionFile
        What the user chose last time; it is brought back once.
    """

    def __init__(self, session: SessionModel, memory: SessionFile) -> None:
        self.session = session
        self.restored = False
        """Whether the choices of last time are there."""
        self._memory = memory
        self._declared: Mapping[str, Declared] = {}

    def take(self, facts: Snapshot) -> None:
        """Lay them out anew if `facts` bring exposures or declarations, and both are known."""
        self._declared = facts.declared or self._declared
        new = bool(facts.declared) or facts.scan is not None
        if new and self._declared and self.session.programs.scanned:
            self._lay()

    def _lay(self) -> None:
        session, told, forgotten = self.session, list[str](), list[str]()
        for name, stage in session.models.items():
            self._lay_stage(name, stage, told, forgotten)
        if not self.restored:
            recall(session, self._memory.values)
            self.restored = True
            forgotten += [self._memory.sentence] if self._memory.sentence else []
            session.messages.put(Subject.MEMORY, " ".join(forgotten))
        session.messages.put(Subject.SETTINGS, " ".join(told))
        session.touch()

    def _lay_stage(self, name: str, stage: StageModel, told: list[str], forgotten: list[str]) -> None:
        session, declared = self.session, self._declared[name].parameters
        presets = {f: session.services.preset(name, f) for f in session.programs.filters}
        layers: dict[Source, dict[str, Any]] = {
            Source.CRDS: dict(stage.settings.layers.get(Source.CRDS, {})),
            **setting_layers(declared, presets, session.program.settings.get(name, {}), told),
        }
        if not self.restored:
            remembered = self._memory.values.get("settings", {}).get(name, {})
            layers[Source.USER] = checked_layer(declared, remembered, forgotten)
        stage.presets = presets
        stage.step_docs = dict(self._declared[name].step_docs)
        stage.use_layers(declared, layers)
