"""The history of the clicked pixel: its ramp, and its values after every stage."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import numpy as np

from miri_widgets.analysis.pixel_history import PixelAfterStage, PixelHistory, read_pixel_history
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.chart import COLOURS, axis, figure, fit_axis
from miri_widgets.panels.charts.footprints import key
from miri_widgets.panels.parts.base_view import Part, close_hidden
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import escape, sentences, text

__all__ = ["PixelHistoryView"]

_COLUMNS = [
    {"key": "stage", "title": "After"},
    {"key": "value", "title": "Value", "right": True},
    {"key": "err", "title": "Error", "right": True},
    {"key": "unit", "title": "Unit"},
    {"key": "flags", "title": "Flags", "tip": "Flags that the stage has added come with a plus"},
]
_JUMP, _SATURATED = "#d55e00", "#cc79a7"
_MARKED = (("JUMP_DET", "jump", _JUMP), ("SATURATED", "saturated", _SATURATED))


class PixelHistoryView(Part):
    """
    Ramp and values of one pixel.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chart", "mw-pixel")
        self.session = session
        self.reading = BackgroundValue(session.background)
        self.x_axis, self.y_axis = axis("seconds since the reset"), axis("DN", vertical=True)
        scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
        self.line = bqplot.Lines(
            x=[0.0, 1.0], y=[0.0, 0.0], scales=scales, colors=[COLOURS[0]], stroke_width=1.5
        )
        self.groups = bqplot.Scatter(x=[], y=[], scales=scales, colors=[COLOURS[7]], default_size=26)
        self.marks = {
            flag: bqplot.Scatter(
                x=[], y=[], scales=scales, colors=[colour], default_size=60, marker="diamond"
            )
            for flag, _, colour in _MARKED
        }
        self.figure = figure(self.x_axis, self.y_axis, [self.line, self.groups, *self.marks.values()])
        self.heading = text("Pixel", "mw-heading")
        self.status = text("", "mw-chart-words")
        self.table = Table(columns=_COLUMNS, searchable=False, empty="No stage has run yet.")
        self.children = [self.heading, self.status]
        self.watch_event(session, self._request, "clicked")
        self.watch(self.reading, self._update, "value", "working", "sentence")

    def _request(self, event: Any) -> None:
        question = self.session.pixel_request(self.session.shown, *event["new"])
        if question is not None:
            self.reading.request(question, read_pixel_history, question)

    def show_message(self, sentence: str) -> None:
        """
        Explain why a click has no answer.

        Parameters
        ----------
        sentence : str
            The explanation.
        """
        self.reading.clear()
        self.heading.value = "Pixel"
        self.children = [self.heading, self.status]
        self.status.value = sentences([sentence], "calm")

    def _update(self, _: Any) -> None:
        history: PixelHistory | None = self.reading.value
        if history is None:
            hint = (
                "Reading the pixel …"
                if self.reading.working
                else "Click a pixel to see its ramp and history."
            )
            self.status.value = (
                sentences([self.reading.sentence], "bad") if self.reading.sentence else f"<span>{hint}</span>"
            )
            self.children = [self.heading, self.status]
            return
        pixel_request = history.question
        self.heading.value = (
            f"Pixel ({pixel_request.x}, {pixel_request.y})<span> {escape(pixel_request.label)}</span>"
        )
        self.table.rows = [_row(index, stage) for index, stage in enumerate(history.chapters)]
        if history.ramp is None:
            self.status.value = ""
            self.children = [self.heading, self.status, self.table]
            return
        self._draw(history)
        self.children = [self.heading, self.figure, self.status, self.table]

    def _draw(self, history: PixelHistory) -> None:
        ramp = history.ramp
        assert ramp is not None
        times = np.tile(ramp.times, len(ramp.counts))
        counts = ramp.counts.ravel()
        flags = [names for row in ramp.flags for names in row]
        with self.groups.hold_sync():
            self.groups.x, self.groups.y = times, counts
        shown_flags = {}
        for flag, name, colour in _MARKED:
            selected = (
                np.array([flag in names for names in flags], bool) if flags else np.zeros(len(counts), bool)
            )
            with self.marks[flag].hold_sync():
                self.marks[flag].x, self.marks[flag].y = times[selected], counts[selected]
            if selected.any():
                shown_flags[name] = colour
        fitted = history.fit()
        with self.line.hold_sync():
            self.line.x = ramp.times if fitted else np.array([0.0])
            self.line.y = np.array(fitted) if fitted else np.array([np.nan])
        fit_axis(self.x_axis, 0.0, float(ramp.times[-1]))
        everything = np.concatenate([counts, np.array(fitted)])
        fit_axis(self.y_axis, float(np.nanmin(everything)), float(np.nanmax(everything)))
        count, groups = ramp.counts.shape
        self.status.value = (
            f"<span>{count} × {groups} groups of {escape(history.ramp_name)}</span>"
            + (f"<span>line: the fitted rate, {history.slope:.4g} DN/s</span>" if fitted else "")
            + key(shown_flags)
            + ("" if flags else "<span>Jumps unavailable: calibrated ramps were not saved</span>")
        )

    def close(self) -> None:
        """Close the view, figure and table, even if they are not on the page."""
        close_hidden((self.figure, self.table), self)
        super().close()
        self.reading.close()


def _row(index: int, stage: PixelAfterStage) -> dict[str, Any]:
    title = stage.title or stage.path.name
    if stage.pixel is None:
        return {
            "id": str(index),
            "stage": title,
            "value": "",
            "err": "",
            "unit": "",
            "flags": str(stage.error),
        }
    pixel = stage.pixel
    flags = [f"+{name}" if name in stage.gained else name for name in pixel.flags]
    if math.isfinite(pixel.weight):
        flags.append(f"weight {pixel.weight:.3g}")
    return {
        "id": str(index),
        "stage": {"text": title, "tip": stage.path.name},
        "value": f"{pixel.value:.5g}",
        "err": f"{pixel.err:.2g}" if math.isfinite(pixel.err) else "",
        "unit": pixel.unit,
        "flags": {"text": ", ".join(flags) or "none", "tip": ", ".join(flags) or "none"},
    }
