"""The form of a stage, built from its declared parameters."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.parameter_control import ParameterField, Switch
from miri_widgets.panels.parts.theme import button, escape, named, text
from miri_widgets.settings import Parameter

__all__ = ["Form"]

MAX_MATCHES = 30


class Form(Part):
    """
    Essential parameters first; all others by step, created when opened or searched for.

    Parameters
    ----------
    model : StageModel
        The stage.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-form")
        self.model = model
        self.fields: dict[str, ParameterField | Switch] = {}
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
        self.presets = {
            preset.title: button(preset.title, tip=preset.effect) for preset in model.stage.named_presets
        }
        for title, control in self.presets.items():
            control.on_click(lambda _, title=title: model.use_preset(title))
        self.effects = text("", "mw-muted")
        self.children = (bar, *self._preset_row(), self._body)
        self.watch(model, self._update, "settings", "loaded", "asking", "unfinished")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that users can set."""
        return self.model.settable

    def _preset_row(self) -> list[ipywidgets.Widget]:
        if not self.presets:
            return []
        row = ipywidgets.HBox([*self.presets.values(), self.effects])
        row.add_class("mw-form-bar")
        return [row]

    def _show_presets(self) -> None:
        """Say what each preset changes, and which one acts."""
        said = []
        for preset in self.model.stage.named_presets:
            acts = self.model.has_preset(preset.title)
            self.presets[preset.title].disabled = acts or not self.model.loaded
            said.append(f"{preset.title}{' acts' if acts else ''}: {preset.effect}")
        self.effects.value = escape(" ".join(said))

    def _update(self, _: Any) -> None:
        self._show_presets()
        count = len(self.model.settings.user)
        texts = {
            0: "All parameters at their defaults (pipeline, CRDS, preset).",
            1: "1 parameter changed by you.",
        }
        asking = " Querying CRDS for its values …" if self.model.asking else ""
        self.changed.value = escape(texts.get(count, f"{count} parameters changed by you.") + asking)
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
        parameters_ = {parameter.name: parameter for parameter in self.parameters}
        essential = [parameters_[name] for name in self.model.stage.essential if name in parameters_]
        switches = [parameter for parameter in essential if parameter.label == "skip"]
        fields = [
            self._field(parameter, full_name=True) for parameter in essential if parameter.label != "skip"
        ]
        for parameter in switches:
            self.fields[parameter.name] = Switch(self.model, parameter)
        grid = ipywidgets.HBox([self.fields[parameter.name] for parameter in switches])
        grid.add_class("mw-switches")
        self.all = ipywidgets.Accordion([ipywidgets.VBox()], titles=(f"All parameters ({len(parameters_)})",))
        self.all.selected_index = None
        self.all.add_class("mw-fold")
        self.all.observe(self._open_all, "selected_index")
        sections: list[ipywidgets.Widget] = []
        if switches:
            sections += [text("Steps that run", "mw-heading"), grid]
        if fields:
            sections += [text("Main parameters", "mw-heading"), *fields]
        self._body.children = (*sections, self.all)

    def _field(self, parameter: Parameter, *, full_name: bool) -> ParameterField:
        field = ParameterField(self.model, parameter, full_name=full_name)
        self.fields[parameter.name] = field
        return field

    # -- all parameters, only on request ---------------------------------

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
        self.matches = ipywidgets.VBox()
        titles = tuple(f"{step or 'pipeline'} ({len(self._of(step))})" for step in steps)
        self.by_step = ipywidgets.Accordion([ipywidgets.VBox() for _ in steps], titles=titles)
        self.by_step.selected_index = None
        self.by_step.add_class("mw-fold")
        self.by_step.observe(self._open_step, "selected_index")
        holder.children = (self.search, self.matches, self.by_step)

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
        holder.children = (*heading, *(ParameterField(self.model, parameter) for parameter in self._of(step)))

    def _search(self, change: dict[str, Any]) -> None:
        terms = change["new"].lower().replace("_", " ").split()
        for child in self.matches.children:
            close_all(child)
        matches = []
        if terms:
            for parameter in self.parameters:
                content = f"{parameter.name} {parameter.doc}".lower().replace("_", " ")
                if all(term in content for term in terms):
                    matches.append(parameter)
        shown: list[ipywidgets.Widget] = [
            ParameterField(self.model, parameter, full_name=True) for parameter in matches[:MAX_MATCHES]
        ]
        if terms and len(matches) != len(shown):
            shown.append(text(f"{len(matches) - len(shown)} more: add a word.", "mw-muted"))
        if terms and not matches:
            shown.append(text("No parameter has these words.", "mw-muted"))
        self.matches.children = tuple(shown)
        self.by_step.layout.display = "none" if terms else ""

    def unfold(self) -> None:
        """Create all controls, including the collapsed ones."""
        self.all.selected_index = 0
        for index in range(len(self._sections)):
            self.by_step.selected_index = index
        self.by_step.selected_index = None
