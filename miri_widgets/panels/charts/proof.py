"""Validation of a run: effect on sources of known flux, noise and structure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import bqplot
import numpy as np

from miri_widgets.core.validation.figures import Change, Proof
from miri_widgets.panels.charts.chart import COLOURS, axis, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, sentences, text

__all__ = ["EMPTY", "ValidationView"]

EMPTY = (
    "No proof yet. A run with <code>prove</code> on sends sources of known flux through a copy of the exposures, "
    "and tells here what the step does to them."
)

_MARKS = {
    "good": ("good", "✓", "no harm found"),
    "doubtful": ("warn", "!", "doubtful"),
    "harm": ("bad", "✗", "harm"),
}
_STRUCTURE_ROWS = (
    ("column_rms", "Columns", "rms of column medians beyond noise"),
    ("row_rms", "Rows", "rms of row medians beyond noise"),
    ("gradient", "Gradient", "range over the field of a plane through the empty pixels"),
    ("box_rms", "32-pixel boxes", "rms of box medians about that plane, beyond noise"),
)


class ValidationView(Part):
    """
    A validation. Set `validation` to that of a record; ``{}`` for none.

    Attributes
    ----------
    status, chart_text : HTML
        Verdict with sentences and table; what the chart shows.
    figure : bqplot.Figure
        Change of flux by signal to noise.
    """

    def __init__(self, validation: Mapping[str, Any] | None = None) -> None:
        super().__init__("mw-proof")
        self.status = text("", "mw-proof-words")
        self.chart_text = text("", "mw-chart-words")
        self.x_axis = axis("S/N of added sources")
        self.y_axis = axis("change of flux [%]", vertical=True)
        scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
        placeholder = {"x": [0.0, 1.0], "y": [0.0, 0.0], "scales": scales}
        self.zero = bqplot.Lines(**placeholder, colors=["#9aa5b1"], stroke_width=1)
        self.bars = bqplot.Lines(**placeholder, colors=[COLOURS[0]], stroke_width=1.6)
        self.dots = bqplot.Scatter(
            **placeholder, colors=[COLOURS[0]], default_size=52, stroke="#ffffff",
            tooltip=bqplot.Tooltip(
                fields=["x", "y"], labels=["S/N", "change of flux, %"], formats=[".0f", ".2f"]
            ),
        )  # fmt: skip
        self.figure = figure(self.x_axis, self.y_axis, [self.zero, self.bars, self.dots])
        self._validation: dict[str, Any] = {}
        self.validation = dict(validation or {})

    @property
    def validation(self) -> dict[str, Any]:
        """What is shown."""
        return dict(self._validation)

    @validation.setter
    def validation(self, values: Mapping[str, Any]) -> None:
        self._validation = dict(values)
        if not self._validation:
            self.status.value = f'<p class="mw-muted">{EMPTY}</p>'
            self.children = [self.status]
            return
        validation = Proof.from_dict(self._validation)
        self.status.value = _head(validation) + _sentences(validation) + _table(validation)
        measured_bins = [
            flux_bin for flux_bin in validation.bins if flux_bin.count and math.isfinite(flux_bin.bias)
        ]
        if measured_bins:
            self._draw(measured_bins)
        # Trap: a figure that is on the page without a size logs errors; it comes when it has data.
        self.children = [self.status, self.figure, self.chart_text] if measured_bins else [self.status]

    def _draw(self, bins: list[Any]) -> None:
        x = np.array([math.sqrt(flux_bin.low * flux_bin.high) for flux_bin in bins])
        y = np.array([100 * flux_bin.bias for flux_bin in bins])
        err = np.array([100 * flux_bin.err if math.isfinite(flux_bin.err) else 0.0 for flux_bin in bins])
        low, high = min(0.0, float((y - err).min())), max(0.0, float((y + err).max()))
        # so that a change of no importance looks like one
        low, high = min(low, -1.0), max(high, 1.0)
        x_min, x_max = bins[0].low, bins[-1].high
        with self.zero.hold_sync():
            self.zero.x, self.zero.y = np.array([x_min, x_max]), np.zeros(2)
        with self.bars.hold_sync():
            self.bars.x = np.column_stack([x, x])
            self.bars.y = np.column_stack([y - err, y + err])
            self.bars.colors = [COLOURS[0]] * len(bins)
        with self.dots.hold_sync():
            self.dots.x, self.dots.y = x, y
        fit_axis(self.x_axis, x_min, x_max, margin=0.03)
        fit_axis(self.y_axis, low, high, margin=0.08, count=4)
        counts = ", ".join(str(flux_bin.count) for flux_bin in bins)
        self.chart_text.value = (
            f"<span>mean change with its standard error; {escape(counts)} measurements</span>"
        )

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self.figure)
        close_all(self.chart_text)
        super().close()


def _head(validation: Proof) -> str:
    tone, glyph, verdict_text = _MARKS.get(validation.verdict, ("calm", "", validation.verdict))
    if validation.headline and validation.headline != verdict_text:
        verdict_text = validation.headline
        # a change that is told is no green tick
        tone, glyph = ("calm", "±") if validation.verdict == "good" else (tone, glyph)
    remarks = []
    if validation.exposures:
        remarks.append(f"{validation.measured} of {validation.exposures} exposures measured")
    if validation.sources:
        remarks.append(f"{validation.sources} measurements of sources added at {validation.places} places")
    return (
        f'<div class="mw-proof-head"><span class="mw-chip mw-{tone}">'
        f'<span aria-hidden="true">{glyph}</span> {escape(verdict_text)}</span> '
        f'<span class="mw-muted">{escape("; ".join(remarks))}</span></div>'
    )


def _sentences(validation: Proof) -> str:
    grades = [*validation.grades, *([validation.verdict] * len(validation.sentences))]
    tones = (_MARKS.get(grade, ("calm", "", ""))[0] for grade in grades)
    return "".join(sentences([line], tone) for line, tone in zip(validation.sentences, tones, strict=False))


def _table(validation: Proof) -> str:
    unit = escape(validation.unit)
    rows = [
        _row("Noise", "robust scatter of sums in empty apertures", validation.noise, f"{unit} pix"),
        _row(
            "Noise over ERR",
            "the same in units of what ERR predicts; 1 is right",
            validation.noise_over_err,
            "",
        ),
        *(
            _row(name, tip, validation.structure[key], unit)
            for key, name, tip in _STRUCTURE_ROWS
            if key in validation.structure
        ),
    ]
    shown = "".join(row for row in rows if row)
    if not shown:
        return ""
    heads = "".join(
        f"<th{' class=mw-right' if right else ''}>{name}</th>"
        for name, right in (
            ("Empty parts of the field", 0),
            ("before", 1),
            ("after", 1),
            ("change", 1),
            ("unit", 0),
        )
    )
    return (
        '<div class="mw-table mw-proof-table"><div class="mw-table-scroll"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{shown}</tbody></table></div></div>"
    )


def _row(name: str, tip: str, change: Change, unit: str) -> str:
    if not (math.isfinite(change.before) and math.isfinite(change.after)):
        return ""
    ratio = f"{100 * (change.after / change.before - 1):+.0f} %" if change.before > 0 else ""
    ratio = ratio.replace("-", "\N{MINUS SIGN}").replace("+0 %", "0 %").replace("\N{MINUS SIGN}0 %", "0 %")
    before, after = _value(change.before, change.before_err), _value(change.after, change.after_err)
    return (
        f'<tr title="{escape(tip)}"><td>{escape(name)}</td><td class="mw-right">{before}</td>'
        f'<td class="mw-right">{after}</td><td class="mw-right">{ratio}</td><td>{unit}</td></tr>'
    )


def _value(value: float, err: float) -> str:
    """Format a number and its error, with two digits of the error."""
    if not (math.isfinite(err) and err > 0):
        return f"{value:.3g}"
    digits = min(max(1 - math.floor(math.log10(err)), 0), 8)
    return f"{value:.{digits}f} ± {err:.{digits}f}"
