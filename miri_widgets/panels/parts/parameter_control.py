"""The control of a parameter: label, value, unit, source of the value, reset."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.errors import ParameterError
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, named, sentences, text
from miri_widgets.run.setting_layers import differing_preset
from miri_widgets.settings import Kind, Parameter, Source

__all__ = ["ParameterField", "Switch", "shown_value"]

SOURCES = {
    Source.SPEC: ("default", "The value that the pipeline declares"),
    Source.CRDS: ("CRDS", "From the CRDS parameter file for these exposures"),
    Source.PRESET: ("preset", "The value of this package for the filter"),
    Source.PROGRAM: ("program", "From the program's file"),
    Source.USER: ("changed", "You set it here"),
}
IDLE = ("inactive", "It does not act with the present choices")
CHAIN = ("chain", "Another stage of the chain decides it")


def shown_value(value: Any) -> str:
    """
    Format a value as it is typed into a control.

    Parameters
    ----------
    value : object
        The value.

    Returns
    -------
    str
        The text.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(shown_value(item) for item in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _by_filter(model: StageModel, parameter: Parameter) -> str:
    """Return the values per filter if presets differ and nothing stronger acts; else nothing."""
    values = differing_preset(model.presets, parameter.name)
    weaker = model.settings.effective(parameter.name).source in (Source.SPEC, Source.CRDS)
    return ", ".join(f"{name} {shown_value(value)}" for name, value in values.items()) if weaker else ""


def _badge(model: StageModel, parameter: Parameter) -> str:
    acting = model.acting
    if parameter.name in acting.inactive or parameter.name in acting.decided:
        label, tip = IDLE if parameter.name in acting.inactive else CHAIN
        return f'<span class="mw-badge mw-from-{label}" title="{escape(tip)}">{label}</span>'
    source = model.settings.effective(parameter.name).source
    label, tip = SOURCES[source]
    by_filter = _by_filter(model, parameter)
    if by_filter:
        source, label, tip = Source.PRESET, "by filter", f"Preset: {by_filter}"
    return f'<span class="mw-badge mw-from-{source.value.lower()}" title="{escape(tip)}">{label}</span>'


def _remark(model: StageModel, name: str) -> str:
    """Return why a parameter does not act, or what overrides it, as HTML; usually empty."""
    acting = model.acting
    if name in acting.inactive:
        return sentences([f"Does not act. {acting.inactive[name]}"], "muted")
    return sentences([acting.decided[name][1]], "muted") if name in acting.decided else ""


def _shut(model: StageModel, name: str) -> bool:
    """Return whether an entered value would have no effect."""
    return name in model.acting.inactive or name in model.acting.fixed


class ParameterField(Part):
    """
    The control of a parameter, synchronized with the model in both directions.

    Parameters
    ----------
    model : StageModel
        The stage.
    parameter : Parameter
        The parameter.
    full_name : bool
        Whether the label includes the step.
    """

    def __init__(self, model: StageModel, parameter: Parameter, *, full_name: bool = False) -> None:
        super().__init__("mw-field")
        self.model = model
        self.parameter = parameter
        self._updating = False
        name = parameter.label
        step = (
            f'<span class="mw-step">{escape(parameter.step)}</span>' if full_name and parameter.step else ""
        )
        label = text(
            f'<span title="{escape(parameter.name)}">{step}<b>{escape(name.replace("_", " "))}</b></span>',
            "mw-label",
        )
        self.control = named(self._make_control(), f"{parameter.step} {name.replace('_', ' ')}".strip())
        self.control.observe(self._typed, "value")
        self.unit = text(escape(parameter.unit), "mw-unit")
        self.badge = text("", "mw-badge-cell")
        self.reset = button("↺", "mw-reset", tip=f"Forget your value of {name.replace('_', ' ')}")
        self.reset.on_click(self._forget)
        self.error = text("")
        self.remark = text("", "mw-remark")
        row = ipywidgets.HBox([label, self.control, self.unit, self.badge, self.reset])
        row.add_class("mw-field-row")
        allowed = parameter.expected().removeprefix("a ").removesuffix(" or None")
        allowed = allowed[:1].upper() + allowed[1:]
        doc = parameter.doc.rstrip(".?") or "No description in the declaration"
        description = text(f'{escape(doc)}. <span class="mw-allowed">{escape(allowed)}.</span>', "mw-doc")
        self.children = (row, description, self.remark, self.error)
        self.watch_event(model, self._update, "acting_changed")
        self.watch(model, self._update, "settings", "presets", "unfinished")

    def _make_control(self) -> ipywidgets.DOMWidget:
        parameter = self.parameter
        layout = ipywidgets.Layout(width="100%")
        if parameter.kind == Kind.BOOLEAN and not parameter.optional and parameter.default is not None:
            control: ipywidgets.DOMWidget = ipywidgets.Checkbox(indent=False, layout=layout)
        elif parameter.kind in (Kind.CHOICE, Kind.BOOLEAN):
            choices = parameter.choices if parameter.kind == Kind.CHOICE else ("true", "false")
            options = [(choice, choice) for choice in choices]
            if parameter.optional or parameter.default is None:
                options.insert(0, ("(automatic)", ""))
            control = ipywidgets.Dropdown(options=options, layout=layout)
        else:
            control = ipywidgets.Text(
                placeholder="automatic" if parameter.default is None else "",
                continuous_update=False,
                layout=layout,
            )
        control.tooltip = parameter.doc
        control.add_class("mw-control")
        if parameter.kind in (Kind.FLOAT, Kind.INTEGER):
            control.add_class("mw-number")
        return control

    def _typed(self, change: dict[str, Any]) -> None:
        if self._updating:
            return
        value = change["new"]
        is_empty = isinstance(value, str) and not value.strip()
        nothing = is_empty and not self.parameter.takes_empty
        if nothing:  # the default again
            self._forget(None)
            return
        try:
            self.model.set({self.parameter.name: value})
        except ParameterError:
            self.model.note_unfinished(self.parameter.name, str(value))
        else:
            self._update(None)

    def _forget(self, _: object) -> None:
        self.model.reset(self.parameter.name)
        self._update(None)

    def _update(self, _: Any) -> None:
        if self.parameter.name not in self.model.settings:
            return
        effective = self.model.settings.effective(self.parameter.name)
        unfinished = self.model.unfinished.get(self.parameter.name)
        self._updating = True
        try:
            if unfinished is not None:
                self.control.value = unfinished
            else:
                self._show(self.model.acting.decided.get(self.parameter.name, (effective.value,))[0])
        finally:
            self._updating = False
        shut = _shut(self.model, self.parameter.name)
        self.control.disabled = shut and unfinished is None
        (self.add_class if shut else self.remove_class)("mw-idle")
        self.remark.value = _remark(self.model, self.parameter.name)
        self.badge.value = _badge(self.model, self.parameter)
        changed = effective.source == Source.USER or unfinished is not None
        self.reset.layout.visibility = "visible" if changed else "hidden"
        problem = "" if unfinished is None else self.parameter.entry_problem(unfinished)
        (self.add_class if problem else self.remove_class)("mw-invalid")
        self.error.value = sentences([problem], "bad") if problem else ""

    def _show(self, value: Any) -> None:
        """Show a value in the control."""
        if isinstance(self.control, ipywidgets.Checkbox):
            self.control.value = bool(value)
        elif isinstance(self.control, ipywidgets.Dropdown):
            self.control.value = shown_value(value).lower() if self._is_flag else shown_value(value)
        else:
            by_filter = _by_filter(self.model, self.parameter)
            self.control.placeholder = by_filter or ("automatic" if value is None else "")
            self.control.value = "" if by_filter else shown_value(value)

    @property
    def _is_flag(self) -> bool:
        return self.parameter.kind == Kind.BOOLEAN


class Switch(Part):
    """Whether a step runs: the ``skip`` parameter, inverted."""

    def __init__(self, model: StageModel, parameter: Parameter) -> None:
        super().__init__("mw-switch")
        self.model = model
        self.parameter = parameter
        self._updating = False
        self.control = ipywidgets.Checkbox(
            description=parameter.step, indent=False, tooltip=model.step_docs.get(parameter.step, "")
        )
        self.control.observe(self._typed, "value")
        self.badge = text("", "mw-badge-cell")
        self.reset = button("↺", "mw-reset", tip=f"Forget your choice about {parameter.step}")
        self.reset.on_click(lambda _: self.model.reset(self.parameter.name))
        row = ipywidgets.HBox([self.control, self.badge, self.reset])
        row.add_class("mw-switch-row")
        self.remark = text("", "mw-remark")
        self.children = (row, self.remark)
        self.watch_event(model, self._update, "acting_changed")
        self.watch(model, self._update, "settings")

    def _typed(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self.model.set({self.parameter.name: not change["new"]})

    def _update(self, _: Any) -> None:
        if self.parameter.name not in self.model.settings:
            return
        effective = self.model.settings.effective(self.parameter.name)
        name = self.parameter.name
        self._updating = True
        try:
            self.control.value = not self.model.acting.decided.get(name, (effective.value,))[0]
        finally:
            self._updating = False
        self.control.disabled = _shut(self.model, name)
        (self.add_class if self.control.disabled else self.remove_class)("mw-idle")
        self.remark.value = _remark(self.model, name)
        self.badge.value = _badge(self.model, self.parameter)
        self.reset.layout.display = "" if effective.source == Source.USER else "none"
