"""The colour bar of the image in view: which value has which brightness or colour."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from miri_widgets.models.display import DisplayModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, text
from miri_widgets.viewer.brightness import curve_of
from miri_widgets.viewer.colours import css_gradient

__all__ = ["ColourBar", "bar_ticks"]

_TARGETS = (0.2, 0.4, 0.6, 0.8)


def bar_ticks(black: float, white: float, curve: str) -> list[tuple[float, str]]:
    """
    Return round values at about equal distances along a colour bar.

    Parameters
    ----------
    black, white : float
        Its ends, black < white.
    curve : {"linear", "sqrt", "log", "arcsinh"}
        From value to brightness.

    Returns
    -------
    list of (float, str)
        Place from 0 to 1, and value; both ends are among them.
    """
    span = white - black
    fractions = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 2000)])
    brightness = np.asarray(curve_of(curve, fractions))
    ticks = [(0.0, _text(black, span)), (1.0, _text(white, span))]
    for target in _TARGETS:
        value = black + span * float(np.interp(target, brightness, fractions))
        # rounded to the distance to its neighbours
        step = span * float(
            np.interp(target + 0.1, brightness, fractions) - np.interp(target - 0.1, brightness, fractions)
        )
        unit = 10.0 ** math.floor(math.log10(step))
        rounded = round(value / unit) * unit
        position = float(curve_of(curve, np.array([np.clip((rounded - black) / span, 0.0, 1.0)]))[0])
        if 0.08 < position < 0.92:
            ticks.append((position, f"{rounded:.{max(0, -math.floor(math.log10(unit)))}f}"))
    return sorted(dict(ticks).items())


def _text(value: float, span: float) -> str:
    decimals = max(0, 2 - math.floor(math.log10(span)))
    return f"{value:.{decimals}f}" if decimals < 7 else f"{value:.3g}"


class ColourBar(Part):
    """
    The colour bar, with the unit.

    Parameters
    ----------
    display : DisplayModel
        The levels of the image in view.
    """

    def __init__(self, display: DisplayModel) -> None:
        super().__init__("mw-colour-bar")
        self.display = display
        self.bar = text("", "mw-colour-bar-picture")
        self.children = (self.bar,)
        self.watch(display, self._update, "black", "white", "curve", "unit")
        self.watch(display.session, self._update, "displayed")

    def _update(self, _: Any) -> None:
        model = self.display
        if not (math.isfinite(model.black) and math.isfinite(model.white) and model.white > model.black):
            self.bar.value = ""
            return
        diverging = model.is_diverging
        ticks = bar_ticks(model.black, model.white, "linear" if diverging else model.curve)
        labels = "".join(
            f'<span class="mw-range-tick" style="left:{100 * position:.2f}%">{escape(value)}</span>'
            for position, value in ticks
        )
        unit = escape(model.unit.replace(" / ", "/"))
        self.bar.value = (
            f'<div class="mw-range"><div class="mw-range-colours" style="background:{css_gradient(difference=diverging)}">'
            f'</div><div class="mw-range-ticks">{labels}</div></div><div class="mw-range-unit">{unit}</div>'
        )
