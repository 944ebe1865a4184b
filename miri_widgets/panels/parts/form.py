"""The form of a stage, made from its declared parameters."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.parameter_control import Field, Switch
from miri_widgets.panels.parts.theme import button, escape, named, text
from miri_widgets.settings import Parameter

__all__ = ["Form"]

MOST_FOUND = 30


class Form(Part):
    """
    Essential parameters first; all others by step, made when they are opened or searched for.

    Parameters
    ----------
    model : StageModel
        Whose settings are shown and changed.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-form")
        self.model = model
        self.fields: dict[str, Field | Switch] = {}
        self._sections: tuple[str, ...] = ()
        self._body = ipywidgets.VBox()
        self._built: tuple[Parameter, ...] = ()
        self.undo = button("Undo", tip="Take the last change back")
        self.redo = button("Redo", tip="Bring it back")
        self.reset = button("Reset all", tip="Forget all your values")
        self.changed = text("", "mw-muted")
        self.undo.on_click(lambda _: model.undo())
        self.redo.on_click(lambda _: model.redo())
        self.reset.on_click(lambda _: model.reset())
        bar = ipywidgets.HBox([self.changed, self.undo, self.redo, self.reset])
        bar.add_class("mw-form-bar")
        self.children = (bar, self._body)
        self.watch(model, self._follow, "settings", "loaded", "asking", "unfinished")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that can be set."""
        return self.model.settable

    def _follow(self, _: Any) -> None:
        count = len(self.model.settings.user)
        words = {
            0: "All parameters at their defaults (pipeline, CRDS, preset).",
            1: "1 parameter changed by you.",
        }
        asking = " CRDS is being asked for its values …" if self.model.asking else ""
        self.changed.value = escape(words.get(count, f"{count} parameters changed by you.") + asking)
        self.undo.disabled = not self.model.can_undo
        self.redo.disabled = not self.model.can_redo
        self.reset.disabled = not (count or self.model.unfinished)
        if self.model.loaded and self._built != self.model.settings.declared:
            self._built = self.model.settings.declared
            self._build()

    def _build(self) -> None:
        for child in self._body.children:
            close_all(child)
        self.fields.clear()
        known = {parameter.name: parameter for parameter in self.parameters}
        essential = [known[name] for name in self.model.stage.essential if name in known]
        switches = [one for one in essential if one.label == "skip"]
        fields = [self._field(one, full_name=True) for one in essential if one.label != "skip"]
        for one in switches:
            self.fields[one.name] = Switch(self.model, one)
        grid = ipywidgets.HBox([self.fields[one.name] for one in switches])
        grid.add_class("mw-switches")
        self.all = ipywidgets.Accordion([ipywidgets.VBox()], titles=(f"All parameters ({len(known)})",))
        self.all.selected_index = None
        self.all.add_class("mw-fold")
        self.all.observe(self._open_all, "selected_index")
        parts: list[ipywidgets.Widget] = []
        if switches:
            parts += [text("Steps that run", "mw-heading"), grid]
        if fields:
            parts += [text("Main parameters", "mw-heading"), *fields]
        self._body.children = (*parts, self.all)

    def _field(self, parameter: Parameter, *, full_name: bool) -> Field:
        field = Field(self.model, parameter, full_name=full_name)
        self.fields[parameter.name] = field
        return field

    # -- all parameters, only when asked for ---------------------------------

    def _open_all(self, change: dict[str, Any]) -> None:
        holder = self.all.children[0]
        if change["new"] is None or holder.children:
            return
        steps = tuple(dict.fromkeys(parameter.step for parameter in self.parameters))
        self._sections = steps
        self.search = named(
            ipywidgets.Text(placeholder="Search by name or words", continuous_update=True),
            "Search for a parameter",
        )
        self.search.layout.width = "100%"
        self.search.add_class("mw-control")
        self.search.observe(self._search, "value")
        self.found = ipywidgets.VBox()
        titles = tuple(f"{step or 'pipeline'} ({len(self._of(step))})" for step in steps)
        self.by_step = ipywidgets.Accordion([ipywidgets.VBox() for _ in steps], titles=titles)
        self.by_step.selected_index = None
        self.by_step.add_class("mw-fold")
        self.by_step.observe(self._open_step, "selected_index")
        holder.children = (self.search, self.found, self.by_step)

    def _of(self, step: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.step == step]

    def _open_step(self, change: dict[str, Any]) -> None:
        if change["new"] is None:
            return
        holder = self.by_step.children[change["new"]]
        if holder.children:
            return
        step = self._sections[change["new"]]
        doc = self.model.step_docs.get(step, "")
        heading = [text(escape(doc), "mw-doc")] if doc else []
        holder.children = (*heading, *(Field(self.model, one) for one in self._of(step)))

    def _search(self, change: dict[str, Any]) -> None:
        words = change["new"].lower().replace("_", " ").split()
        for child in self.found.children:
            close_all(child)
        matches = []
        if words:
            for one in self.parameters:
                content = f"{one.name} {one.doc}".lower().replace("_", " ")
                if all(word in content for word in words):
                    matches.append(one)
        shown: list[ipywidgets.Widget] = [
            Field(self.model, one, full_name=True) for one in matches[:MOST_FOUND]
        ]
        if words and len(matches) != len(shown):
            shown.append(text(f"{len(matches) - len(shown)} more: add a word.", "mw-muted"))
        if words and not matches:
            shown.append(text("No parameter has these words.", "mw-muted"))
        self.found.children = tuple(shown)
        self.by_step.layout.display = "none" if words else ""

    def unfold(self) -> None:
        """Make every control: what the folded part holds, too."""
        self.all.selected_index = 0
        for index in range(len(self._sections)):
            self.by_step.selected_index = index
        self.by_step.selected_index = None
