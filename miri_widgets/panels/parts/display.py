"""Stretch and range of the image in view, and a hint when they show nothing."""

from __future__ import annotations

import math
from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.core.display_range import RANGE_METHODS
from miri_widgets.models.display import CURVES, PERCENTILE, DisplayModel
from miri_widgets.option_numbers import decimal_number
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, sentences, text

__all__ = ["DisplayBar"]

#: On the button, and in its tip.
_KINDS = {
    "rate": ("Rate", "rate images"),
    "cal": ("Before sky", "calibrated images and mosaics before sky subtraction"),
    "sky": ("Sky model", "sky images"),
    "subtracted": ("Sky subtracted", "sky-subtracted images and mosaics"),
}

_TEMPLATE = """
<template>
  <div class="mw-display" role="group" aria-label="Display range">
    <label title="From black to white">Stretch <select v-model="curve">
      <option v-for="c in curves" :key="c" :value="c">{{ c }}</option></select></label>
    <label title="How black and white are measured">Range <select v-model="method">
      <option v-for="m in range_methods" :key="m" :value="m">{{ m }}</option></select></label>
    <label v-show="method === 'percentile'" title="Share of the pixels between black and white">Percentile <input type="text" inputmode="decimal"
      class="mw-percentile" :value="percentile" @change="set_percentile($event.target.value)"/></label>
    <label title="This value and all below are black">Black <input class="mw-black" type="text" inputmode="decimal"
      :value="black" @change="set_black($event.target.value)"/></label>
    <label title="This value and all above are white">White <input class="mw-white" type="text" inputmode="decimal"
      :value="white" @change="set_white($event.target.value)"/></label>
    <span class="mw-muted">{{ unit }}</span>
    <span v-if="has_ranges || ranges.length" class="mw-offered" :class="{'mw-away': !ranges.length}" role="group" aria-label="Ranges of this program">
      <button type="button" class="mw-chip" v-for="r in ranges" :key="r.kind" :title="r.tip"
        :aria-pressed="r.active ? 'true' : 'false'" @click="apply_range(r.kind)">{{ r.text }}</button></span>
    <button type="button" class="mw-link" :class="{'mw-away': !fixed}" title="Let the percentile find black and white again"
      @click="release()">Automatic</button>
  </div>
</template>
"""


class _Controls(ipyvue.VueTemplate):
    """A select and three numbers."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    curves: traitlets.List[Any] = traitlets.List(list(CURVES)).tag(sync=True)
    curve = traitlets.Unicode("arcsinh").tag(sync=True)
    range_methods: traitlets.List[Any] = traitlets.List(list(RANGE_METHODS)).tag(sync=True)
    method = traitlets.Unicode("percentile").tag(sync=True)
    percentile = traitlets.Float(99.5).tag(sync=True)
    black = traitlets.Unicode("").tag(sync=True)
    white = traitlets.Unicode("").tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    fixed = traitlets.Bool(False).tag(sync=True)
    has_ranges = traitlets.Bool(False).tag(
        sync=True
    )  # whether the program has ranges: room for them is reserved
    ranges: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, model: DisplayModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_set_percentile(self, value: Any) -> None:
        """Set the percentile, or explain why the value is invalid."""
        number = _number(value) if _is_entered(value) else PERCENTILE
        if 50 < number <= 100:
            self._model.sentence = ""
            self._model.percentile = number
        else:
            self._model.sentence = (
                f"{_quoted(value)} is no percentile for the display. Enter a number above 50, up to 100"
                f" (now {self._model.percentile:g})."
            )
            self.send_state("percentile")

    def vue_set_black(self, value: Any) -> None:
        """Fix black, keeping white; an emptied field is automatic again."""
        if not _is_entered(value):
            self._model.release()
        elif self._is_number(value, "Black"):
            self._model.fix(_number(value), self._model.white)

    def vue_set_white(self, value: Any) -> None:
        """Fix white, keeping black; an emptied field is automatic again."""
        if not _is_entered(value):
            self._model.release()
        elif self._is_number(value, "White"):
            self._model.fix(self._model.black, _number(value))

    def _is_number(self, value: Any, what: str) -> bool:
        """Return whether a limit is valid, or else explain what to enter."""
        valid = math.isfinite(_number(value))
        if not valid:
            unit = f" in {self._model.unit}" if self._model.unit else ""
            self._model.sentence = (
                f"{what}: {_quoted(value)} is not a number. Enter a number{unit}, or Automatic."
            )
        return valid

    def vue_apply_range(self, kind: Any) -> None:
        """Fix a range of the program, or release it if it is fixed already."""
        if self._model.is_fixed_to(str(kind)):
            self._model.release()
        else:
            self._model.take(str(kind))

    def vue_release(self, *_: Any) -> None:
        """Release the range."""
        self._model.release()


class DisplayBar(Part):
    """
    Display settings of the image in view.

    Parameters
    ----------
    model : DisplayModel
        The model, closed with the bar.
    """

    def __init__(self, model: DisplayModel) -> None:
        super().__init__("mw-display-bar")
        self.model = model
        self.controls = _Controls(model)
        self.status = text("")
        self.mend = button("Set range from this image", tip="Black and white that show this image")
        self.mend.on_click(lambda _: model.mend())
        self.notice = ipywidgets.HBox([self.status, self.mend])
        self.notice.add_class("mw-row")
        self.children = (self.controls, self.notice)
        self.controls.observe(self._curve_chosen, "curve")
        self.controls.observe(self._method_chosen, "method")
        self.watch(
            model,
            self._update,
            "curve",
            "percentile",
            "method",
            "black",
            "white",
            "unit",
            "fixed",
            "ranges",
            "sentence",
            "can_mend",
        )

    def _curve_chosen(self, change: dict[str, Any]) -> None:
        if change["new"] in CURVES:
            self.model.curve = change["new"]

    def _method_chosen(self, change: dict[str, Any]) -> None:
        if change["new"] in RANGE_METHODS:
            self.model.method = change["new"]

    def _update(self, _: Any) -> None:
        model, controls = self.model, self.controls
        with controls.hold_sync():
            controls.curve, controls.percentile, controls.unit = model.curve, model.percentile, model.unit
            controls.black, controls.white = _shown(model.black), _shown(model.white)
            controls.method = model.method
            controls.fixed = model.fixed is not None
            controls.has_ranges = bool(model.session.program.display)
            controls.ranges = [
                {
                    "kind": kind,
                    "text": f"{_KINDS[kind][0]}: {black:g}{'–' if black >= 0 else ' to '}{white:g}",
                    "tip": f"Default display range for {_KINDS[kind][1]} of this program and filter",
                    "active": model.is_fixed_to(kind),
                }
                for kind, (black, white) in model.ranges.items()
            ]
        self.status.value = sentences([model.sentence], "warn") if model.sentence else ""
        self.notice.layout.display = "" if model.sentence else "none"
        self.mend.layout.display = "" if model.can_mend else "none"

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()


def _shown(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""


def _quoted(value: Any) -> str:
    typed = str("" if value is None else value).strip()[:60]
    return f'"{typed}"' if typed else "an empty field"


def _is_entered(value: Any) -> bool:
    return bool(str("" if value is None else value).strip())


def _number(value: Any) -> float:
    try:
        return decimal_number(str(value))
    except (TypeError, ValueError):
        return math.nan
