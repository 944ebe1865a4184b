"""Curve and range of the image in view, and the word that says when they show nothing."""

from __future__ import annotations

import math
from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.display import CURVES, DisplayModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, sentences, text

__all__ = ["DisplayBar"]

#: On the button, and in its tip.
_KINDS = {
    "rate": ("Rate", "rate images"),
    "cal": ("With sky", "calibrated images and mosaics with their sky"),
    "sky": ("Sky", "images of the sky"),
    "subtracted": ("Sky subtracted", "images and mosaics without sky"),
}

_TEMPLATE = """
<template>
  <div class="mw-display" role="group" aria-label="Display range">
    <label title="From black to white">Stretch <select v-model="curve">
      <option v-for="one in curves" :key="one" :value="one">{{ one }}</option></select></label>
    <label title="Share of the pixels between black and white">Percentile <input type="number" min="50.1" max="100"
      step="0.1" :value="percentile" @change="set_percentile($event.target.value)"/></label>
    <label title="This value and all below are black">Black <input class="mw-black" type="number" step="any"
      :value="black" @change="set_black($event.target.value)"/></label>
    <label title="This value and all above are white">White <input class="mw-white" type="number" step="any"
      :value="white" @change="set_white($event.target.value)"/></label>
    <span class="mw-muted">{{ unit }}</span>
    <span v-if="offers || offered.length" class="mw-offered" :class="{'mw-away': !offered.length}" role="group" aria-label="Ranges of this program">
      <button type="button" class="mw-chip" v-for="one in offered" :key="one.kind" :title="one.tip"
        :aria-pressed="one.taken ? 'true' : 'false'" @click="take(one.kind)">{{ one.words }}</button></span>
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
    percentile = traitlets.Float(99.5).tag(sync=True)
    black = traitlets.Unicode("").tag(sync=True)
    white = traitlets.Unicode("").tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    fixed = traitlets.Bool(False).tag(sync=True)
    offers = traitlets.Bool(False).tag(sync=True)  # whether the program has ranges: their place is kept
    offered: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, model: DisplayModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_set_percentile(self, value: Any) -> None:
        """Take a percentile; one that is none is answered with a sentence."""
        number = _number(value)
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
        """Fix black, with white as it is."""
        if self._is_number(value, "Black"):
            self._model.fix(_number(value), self._model.white)

    def vue_set_white(self, value: Any) -> None:
        """Fix white, with black as it is."""
        if self._is_number(value, "White"):
            self._model.fix(self._model.black, _number(value))

    def _is_number(self, value: Any, what: str) -> bool:
        """Whether a limit can be used; a sentence says what to enter when not."""
        good = math.isfinite(_number(value))
        if not good:
            unit = f" in {self._model.unit}" if self._model.unit else ""
            self._model.sentence = (
                f"{what}: {_quoted(value)} is not a number. Enter a number{unit}, or Automatic."
            )
        return good

    def vue_take(self, kind: Any) -> None:
        """Fix a range of the program; the one that is fixed already is let go."""
        if self._model.offered.get(str(kind)) == self._model.fixed:
            self._model.release()
        else:
            self._model.take(str(kind))

    def vue_release(self, *_: Any) -> None:
        """Let the range go."""
        self._model.release()


class DisplayBar(Part):
    """
    How the image in view is drawn.

    Parameters
    ----------
    model : DisplayModel
        Closed with the bar.
    """

    def __init__(self, model: DisplayModel) -> None:
        super().__init__("mw-display-bar")
        self.model = model
        self.controls = _Controls(model)
        self.words = text("")
        self.mend = button("Set range from this image", tip="Black and white that show this image")
        self.mend.on_click(lambda _: model.mend())
        self.told = ipywidgets.HBox([self.words, self.mend])
        self.told.add_class("mw-row")
        self.children = (self.controls, self.told)
        self.controls.observe(self._curve_chosen, "curve")
        self.watch(
            model,
            self._follow,
            "curve",
            "percentile",
            "black",
            "white",
            "unit",
            "fixed",
            "offered",
            "sentence",
            "can_mend",
        )

    def _curve_chosen(self, change: dict[str, Any]) -> None:
        if change["new"] in CURVES:
            self.model.curve = change["new"]

    def _follow(self, _: Any) -> None:
        model, controls = self.model, self.controls
        with controls.hold_sync():
            controls.curve, controls.percentile, controls.unit = model.curve, model.percentile, model.unit
            controls.black, controls.white = _shown(model.black), _shown(model.white)
            controls.fixed = model.fixed is not None
            controls.offers = bool(model.session.program.display)
            controls.offered = [
                {
                    "kind": kind,
                    "words": f"{_KINDS[kind][0]} {black:g} to {white:g}",
                    "tip": f"The range that this program's {_KINDS[kind][1]} of this filter are looked at with",
                    "taken": (black, white) == model.fixed,
                }
                for kind, (black, white) in model.offered.items()
            ]
        self.words.value = sentences([model.sentence], "warn") if model.sentence else ""
        self.told.layout.display = "" if model.sentence else "none"
        self.mend.layout.display = "" if model.can_mend else "none"

    def close(self) -> None:
        """Close the model, too."""
        super().close()
        self.model.close()


def _shown(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""


def _quoted(value: Any) -> str:
    typed = str("" if value is None else value).strip()[:60]
    return f'"{typed}"' if typed else "an empty field"


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
