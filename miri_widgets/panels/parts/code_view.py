"""The stage as code, and parameter sets as files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, counted, escape, named, sentences, text
from miri_widgets.products.code_files import names_code_file, read_code_file

__all__ = ["CodeView"]

_NAME = re.compile(r"[\w.-]+")


class CodeView(Part):
    """
    The stage as Python and ``strun``; save and load its settings.

    Parameters
    ----------
    model : StageModel
        The stage.
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
        self.export = button(
            "Export script and notebook", tip="Write all runs to here as .py and .ipynb into the workspace"
        )
        self.exported = text("")
        self.pasted = ipywidgets.Textarea(
            placeholder="Paste a call of the pipeline, a strun line or a script; or name a .py or .ipynb file",
            layout=ipywidgets.Layout(width="auto", height="72px"),
        )
        self.pasted.add_class("mw-control")
        self.load_code = button("Take settings from code", tip="The code is read, never run")
        self.code_status = text("")
        self.status = text("")
        row = ipywidgets.HBox([self.name, self.save, self.load])
        row.add_class("mw-row")
        self.children = (
            text("Parameter set", "mw-heading"), row, self.status,
            text("The same in code", "mw-heading"), self.kind, self.lines, self.export, self.exported,
            text("From code to settings", "mw-heading"), self.pasted, self.load_code, self.code_status,
        )  # fmt: skip
        self.save.on_click(lambda _: self._file(save=True))
        self.load.on_click(lambda _: self._file(save=False))
        self.export.on_click(lambda _: self._export())
        self.load_code.on_click(lambda _: self._load_code())
        self.kind.observe(self._update, "value")
        self.watch(model, self._update, "rows")

    @property
    def folder(self) -> Path:
        """Folder of parameter sets."""
        return self.model.workspace / "parameters"

    def _file(self, *, save: bool) -> None:
        name = self.name.value.strip().strip("'\"`")
        if not _NAME.fullmatch(name) or Path(name).suffix not in (".asdf", ".toml"):
            self.status.value = sentences(
                [
                    f"{repr(name[:80]) if name else 'Nothing'} is no name for a set: "
                    "letters, digits, - and _, without a folder, ending in .asdf or .toml."
                ],
                "bad",
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
            self.status.value = sentences([str(error)], "bad")
        else:
            self.status.value = sentences([f"{'Saved to' if save else 'Loaded from'} `{path}`."], "good")

    def _export(self) -> None:
        try:
            paths = self.model.export()
        except (MiriWidgetsError, OSError) as error:
            self.exported.value = sentences([str(error)], "bad")
        else:
            self.exported.value = sentences([f"Written: `{path}`." for path in paths], "good")

    def _load_code(self) -> None:
        code = self.pasted.value.strip()
        try:
            if names_code_file(code):
                code = read_code_file(code)
            ignored = self.model.load_code(code)
        except MiriWidgetsError as error:
            self.code_status.value = sentences([str(error)], "bad")
            return
        count = len(self.model.settings.user)
        summary = f"{counted(count, 'parameter')} changed by you; all others are at their defaults."
        self.code_status.value = sentences([summary], "good") + sentences(ignored, "warn")

    def _update(self, _: Any) -> None:
        try:
            code = self.model.code() if self.kind.value == "one" else self.model.script()
        except MiriWidgetsError as error:
            code = f"# {error}"
        shown = escape(code or "# There is nothing to run yet.")
        self.lines.value = f'<pre tabindex="0" role="region" aria-label="Code">{shown}</pre>'
