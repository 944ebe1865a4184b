"""What a click does, as code; and parameter sets as files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.theme import button, escape, named, sentences, text

__all__ = ["CodeView"]

_NAME = re.compile(r"[\w.-]+")


class CodeView(Part):
    """
    The stage as Python and ``strun``; save and load its settings.

    Parameters
    ----------
    model : StageModel
        Whose code it is.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-code")
        self.model = model
        self.kind = ipywidgets.ToggleButtons(
            options=[("One run, jwst only", "one"), ("All runs to here", "all")],
            style={"button_width": "auto"},
        )
        self.kind.add_class("mw-toggle")
        self.lines = text("", "mw-log-lines")
        self.name = named(
            ipywidgets.Text(f"{model.name}.asdf", layout=ipywidgets.Layout(flex="1 1 200px", width="auto")),
            "Name of the parameter set",
        )
        self.name.add_class("mw-control")
        self.save = button("Save", tip="An .asdf file that strun takes, or a .toml for a program")
        self.load = button("Load", tip="Take the values of a saved set")
        self.words = text("")
        row = ipywidgets.HBox([self.name, self.save, self.load])
        row.add_class("mw-row")
        self.children = (
            text("Parameter set", "mw-heading"), row, self.words,
            text("The same in code", "mw-heading"), self.kind, self.lines,
        )  # fmt: skip
        self.save.on_click(lambda _: self._file(save=True))
        self.load.on_click(lambda _: self._file(save=False))
        self.kind.observe(self._follow, "value")
        self.watch(model, self._follow, "rows")

    @property
    def folder(self) -> Path:
        """Where parameter sets are kept."""
        return self.model.session.program.workspace / "parameters"

    def _file(self, *, save: bool) -> None:
        name = self.name.value.strip()
        if not _NAME.fullmatch(name) or Path(name).suffix not in (".asdf", ".toml"):
            self.words.value = sentences(
                [f"{name[:80]!r} is no name for a set: end it in .asdf or .toml."], "bad"
            )
            return
        path = self.folder / name
        try:
            if save:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.model.save(path)
            else:
                self.model.load(path)
        except (MiriWidgetsError, OSError) as error:
            self.words.value = sentences([str(error)], "bad")
        else:
            self.words.value = sentences([f"{'Saved to' if save else 'Loaded from'} `{path}`."], "good")

    def _follow(self, _: Any) -> None:
        try:
            code = self.model.code() if self.kind.value == "one" else self.model.script()
        except MiriWidgetsError as error:
            code = f"# {error}"
        shown = escape(code or "# There is nothing to run yet.")
        self.lines.value = f'<pre tabindex="0" role="region" aria-label="Code">{shown}</pre>'
