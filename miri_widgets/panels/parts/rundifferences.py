"""What changed between two runs: differing inputs and parameters, and their effect on the pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.run_differences import Choice, ProductPair, RunChange, RunDifferencesModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, sentences, text

__all__ = ["RunDifferencesView"]

_CHANGES: list[dict[str, Any]] = [
    {"key": "kind", "title": "Kind"},
    {"key": "name", "title": "Name"},
    {"key": "first", "title": "A", "tip": "In the first"},
    {"key": "second", "title": "B", "tip": "In the second"},
]
_PAIRS: list[dict[str, Any]] = [
    {"key": "show", "title": "", "kind": "button"},
    {"key": "name", "title": "Product"},
    {"key": "changed", "title": "Changed", "right": True, "tip": "Pixels whose values differ"},
    {"key": "median", "title": "Median B \N{MINUS SIGN} A", "right": True},
    {"key": "unit", "title": "Unit"},
    {"key": "sigma", "title": "Sigma", "right": True, "tip": "Robust standard deviation of the difference"},
    {"key": "largest", "title": "Largest", "right": True, "tip": "Largest absolute difference"},
    {"key": "flags", "title": "Flags", "tip": "Pixels that gained (+) and lost (\N{MINUS SIGN}) a flag"},
]
_MOST_FLAGS = 3
_LETTERS = 42


class RunDifferencesView(Part):
    """
    Two runs of one stage, or two files.

    Parameters
    ----------
    model : RunDifferencesModel
        Closed with the view.
    blink : callable
        Called with the two files of a product, to blink them.
    """

    def __init__(self, model: RunDifferencesModel, blink: Callable[[Path, Path], None]) -> None:
        super().__init__("mw-differences")
        self.model = model
        self._blink = blink
        self._updating = False
        self.group = _dropdown("Of")
        self.group.layout.flex = "0 0 auto"  # it stands in a column
        self.first = _dropdown("A")
        self.second = _dropdown("B")
        self.swap = button("Swap", tip="Make A of B and B of A")
        self.status = text("")
        self.changes = Table(
            columns=_CHANGES, placeholder="Filter differences", empty="Inputs and parameters are the same."
        )
        self.pairs = Table(
            columns=_PAIRS, on_act=self._show, searchable=False, empty="No product of both can be compared."
        )
        self.notes = text("")
        self.heads = [
            text("Inputs and parameters that differ", "mw-heading"),
            text("Effect on products", "mw-heading"),
        ]
        self.result = ipywidgets.VBox([self.heads[0], self.changes, self.heads[1], self.pairs, self.notes])
        row = ipywidgets.HBox([self.first, self.second, self.swap])
        row.add_class("mw-row")
        # a control that grows within a column would grow downwards
        self.of = ipywidgets.HBox([self.group])
        self.children = (self.of, row, self.status, self.result)
        self.group.observe(self._chose_group, "value")
        self.first.observe(self._chose, "value")
        self.second.observe(self._chose, "value")
        self.swap.on_click(lambda _: model.swap())
        self.watch(model, self._update_choices, "choices", "first", "second")
        self.watch(model, self._update, "value", "sentence", "working")

    def _update_choices(self, _: Any) -> None:
        model = self.model
        chosen = next((choice for choice in (model.second, model.first) if choice is not None), None)
        group = chosen.group if chosen is not None else next(iter(model.groups), None)
        listed = list(model.of_group(group or ""))
        listed += [
            choice for choice in (model.first, model.second) if choice is not None and choice not in listed
        ]
        self._updating = True
        try:
            names = [*model.groups, *([group] if group and group not in model.groups else [])]
            self.group.options = [(f"{name} ({len(model.of_group(name)) or 1})", name) for name in names]
            self.group.value = group if names else None
            for control, value in ((self.first, model.first), (self.second, model.second)):
                control.options = [("choose one", None), *((_title(choice), choice) for choice in listed)]
                control.value = value
        finally:
            self._updating = False
        self.of.layout.display = "" if len(model.groups) > 1 else "none"
        self.swap.disabled = model.first is None or model.second is None

    def _chose_group(self, change: dict[str, Any]) -> None:
        if not self._updating and change["new"]:
            self.model.choose_group(change["new"])

    def _chose(self, _: Any) -> None:
        if not self._updating:
            self.model.choose(self.first.value, self.second.value)

    def _update(self, _: Any) -> None:
        model = self.model
        value = model.value
        self.result.layout.display = "none" if value is None else ""
        if model.working:
            self.status.value = sentences(["Comparing the pixels of both …"], "calm")
        elif value is None:
            self.status.value = sentences([model.sentence] if model.sentence else [], "calm")
        else:
            count = len(value.changes)
            same = all(pair.numbers is not None and pair.numbers.none for pair in value.pairs) and value.pairs
            summary = f"{count} {'difference' if count == 1 else 'differences'} in how they were made"
            summary += "; every pixel is the same." if same else "."
            self.status.value = sentences([summary], "calm") + sentences(
                [model.sentence] if model.sentence else [], "bad"
            )
        if value is None:
            return
        self.changes.rows = _change_rows(value.changes)
        self.pairs.rows = [_row(pair) for pair in value.pairs]
        lines = [*value.notes, *(pair.sentence for pair in value.pairs if pair.sentence)]
        self.notes.value = sentences(lines, "warn")

    def _show(self, name: str) -> None:
        value = self.model.value
        pair = (
            next((candidate for candidate in value.pairs if str(candidate.second) == name), None)
            if value
            else None
        )
        if pair is not None:
            self._blink(pair.first, pair.second)

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()


def _dropdown(label: str) -> ipywidgets.Dropdown:
    control = ipywidgets.Dropdown(
        options=[("", None)], description=label, style={"description_width": "24px"},
        layout=ipywidgets.Layout(flex="1 1 220px", width="auto", min_width="160px"),
    )  # fmt: skip
    control.add_class("mw-control")
    return control


def _title(choice: Choice) -> str:
    return choice.title if len(choice.title) <= 120 else f"{choice.title[:119]}…"


def _end_of(name: str) -> str:
    """Return the distinguishing end of a product's name; the tip has the full name."""
    name = name.replace("_mirimage", "")  # is in every name
    return name if len(name) <= _LETTERS else f"…{name[-_LETTERS:]}"


def _change_rows(changes: tuple[RunChange, ...]) -> list[dict[str, Any]]:
    """Return one row per change; inputs, which may be a hundred for a mosaic, share one."""
    inputs = [change for change in changes if change.kind == "input"]
    shown = [change for change in changes if change.kind != "input" or len(inputs) == 1]
    rows: list[dict[str, Any]] = [
        {
            "id": f"{change.kind} {change.name}",
            "kind": change.kind,
            "name": {"text": change.name, "tip": change.name},
            "first": change.first or "–",
            "second": change.second or "–",
        }
        for change in shown
    ]
    if len(inputs) > 1:
        sides = [
            "\n".join(filter(None, some))
            for some in zip(*((change.first, change.second) for change in inputs), strict=True)
        ]
        row: dict[str, Any] = {"id": "input", "kind": "input"}
        row["name"] = {"text": f"{len(inputs)} inputs", "tip": "\n".join(change.name for change in inputs)}
        for key, side in zip(("first", "second"), sides, strict=True):
            first_line = side.partition("\n")[0]
            row[key] = {"text": f"{first_line} …" if first_line else "–", "tip": side}
        position = next(
            (i for i, change in enumerate(shown) if change.kind not in ("setting", "resolved parameter")),
            len(shown),
        )
        rows.insert(position, row)
    return rows


def _row(pair: ProductPair) -> dict[str, Any]:
    numbers = pair.numbers
    row: dict[str, Any] = {
        "id": str(pair.second),
        "name": {"text": _end_of(pair.name), "tip": f"{pair.first}\n{pair.second}"},
        "unit": pair.unit,
        "show": "Blink",
    }
    if numbers is None:
        return row | {"changed": "–", "median": "", "sigma": "", "largest": "", "flags": ""}
    share = f" ({100 * numbers.changed / numbers.compared:.3g} %)" if numbers.changed else ""
    flags = [f"+{count} {name}" for name, count in numbers.gained.items()]
    flags += [f"\N{MINUS SIGN}{count} {name}" for name, count in numbers.dropped.items()]
    shown = ", ".join(flags[:_MOST_FLAGS]) + (
        f" and {len(flags) - _MOST_FLAGS} more" if flags[_MOST_FLAGS:] else ""
    )
    return row | {
        "changed": {
            "text": f"{numbers.changed}{share}",
            "rank": numbers.changed,
            "tip": f"of {numbers.compared} usable in both; {numbers.lost} usable in A only, {numbers.won} in B only",
        },
        "median": _number(numbers.median),
        "sigma": _number(numbers.sigma),
        "largest": _number(numbers.largest),
        "flags": {"text": shown or "none", "tip": ", ".join(flags) or "no flag gained or lost"},
    }


def _number(value: float) -> dict[str, Any]:
    if not math.isfinite(value):
        return {"text": "–", "rank": -1.0}
    return {"text": f"{value:.3g}".replace("-", "\N{MINUS SIGN}"), "rank": value}
