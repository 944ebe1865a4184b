"""Tables of measured shifts: a verdict per group, matched stars for the viewer, the groups themselves."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets

from miri_widgets.analysis.shift_diagnostics import group_labels
from miri_widgets.analysis.shift_residuals import StarMatch
from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, escape, named, sentences, text

__all__ = ["Groups", "Stars", "Verdicts"]

_TONES = {Verdict.PASS: ("good", "✓"), Verdict.WEAK: ("warn", "?"), Verdict.FAIL: ("bad", "✗")}

_VERDICTS = [
    {"key": "verdict", "title": "Verdict", "kind": "state"},
    {"key": "group", "title": "Obs.visit", "tip": "Observation and visit"},
    {"key": "star", "title": "Guide star"},
    {"key": "dx", "title": "dx [mas]", "right": True, "tip": "Added to RA cos(Dec), with its standard error"},
    {"key": "dy", "title": "dy [mas]", "right": True, "tip": "Added to Dec, with its standard error"},
    {"key": "used", "title": "Used", "right": True, "tip": "Exposures that the value stands on"},
    {"key": "source", "title": "Value", "tip": "Where the value comes from"},
]
_STARS = [
    {"key": "exposure", "title": "Exposure"},
    {"key": "with", "title": "With"},
    {"key": "before", "title": "Before [mas]", "right": True, "tip": "Distance before the shifts"},
    {"key": "after", "title": "After [mas]", "right": True, "tip": "Distance after the shifts"},
    {"key": "dx", "title": "dx after [mas]", "right": True, "tip": "Left along RA cos(Dec) after the shifts"},
    {"key": "dy", "title": "dy after [mas]", "right": True, "tip": "Left along Dec after the shifts"},
    {"key": "ra", "title": "RA [deg]", "right": True},
    {"key": "dec", "title": "Dec [deg]", "right": True},
]


class Verdicts(Part):
    """
    One row per group: verdict, shift with errors, where it comes from, and why.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-shift-table")
        self.shifts = shifts
        self.table = Table(
            columns=_VERDICTS, placeholder="Filter groups", empty="No shifts yet: run this stage."
        )
        self.reasons = text("", "mw-reasons")
        self.notes = text("", "mw-muted")
        self.children = (self.table, self.reasons, self.notes)
        self._updating = False
        self.table.observe(self._picked, "selected")
        self.watch(shifts, self._update, "value")
        if shifts.session is not None:
            self.watch(shifts.session.programs, self._update_chosen, "selected")

    def _picked(self, change: Any) -> None:
        """Choose all exposures of a group."""
        facts = self.shifts.facts
        if self._updating or facts is None or self.shifts.session is None:
            return
        indices = [int(name) for name in change["new"] if name.isdecimal()]
        roots = [
            root for n in indices if n < len(facts.table.shifts) for root in facts.table.shifts[n].group.roots
        ]
        if roots:
            self.shifts.session.choose(roots)

    def _update_chosen(self, _: Any) -> None:
        facts, session = self.shifts.facts, self.shifts.session
        chosen = set(session.programs.selected) if session is not None else set()
        shifts = facts.table.shifts if facts is not None else ()
        self._updating = True
        try:
            self.table.selected = [
                str(n) for n, shift in enumerate(shifts) if chosen & set(shift.group.roots)
            ]
        finally:
            self._updating = False

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        shifts = facts.table.shifts if facts is not None else ()
        labels = group_labels(shift.group for shift in shifts)
        self.table.rows = [
            _verdict_row(index, shift, labels[shift.group.name]) for index, shift in enumerate(shifts)
        ]
        self._update_chosen(None)
        self.reasons.value = "".join(_reason(shift, labels[shift.group.name]) for shift in shifts)
        if facts is None:
            self.notes.value = ""
            return
        catalog = facts.table.reference_catalog or "no catalogue: relative to one another"
        filters = (
            ", ".join(dict.fromkeys(shift.filter for shift in shifts if shift.filter)) or "filter not given"
        )
        lines = [f"Measured in {filters}, against {catalog}.", *facts.table.notes]
        self.notes.value = "".join(f"<p>{escape(line)}</p>" for line in lines)


class Stars(Part):
    """
    Matched stars; a click on a row shows the star in the viewer, and marks the others of its exposure.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-sources")
        self.shifts = shifts
        self.status = text("", "mw-muted")
        self.table = Table(
            columns=_STARS, placeholder="Filter stars", max_height="420px",
            empty="No matched stars: they are kept with a run of this stage.",
        )  # fmt: skip
        self.children = (self.status, self.table)
        self.table.observe(self._picked, "selected")
        self.watch(shifts, self._update, "value")

    def _update(self, _: Any) -> None:
        matches = self.shifts.facts.matches if self.shifts.facts is not None else ()
        self.table.selected = []
        self.table.rows = [_star_row(index, match) for index, match in enumerate(matches)]
        self.status.value = "Click a row to see the star." if matches else ""

    def _picked(self, change: Any) -> None:
        facts = self.shifts.facts
        chosen = [int(name) for name in change["new"] if name.isdecimal()]
        if facts is None or not chosen or chosen[0] >= len(facts.matches):
            return
        star = facts.matches[chosen[0]]
        marks = [(match.x, match.y) for match in facts.matches if match.root == star.root]
        if self.shifts.center_on(star.root, star.x, star.y, marks):
            self.status.value = escape(f"In {star.root} at ({star.x:.1f}, {star.y:.1f}).")
        else:
            self.status.value = escape(f"{star.root} is not at hand: the star cannot be shown.")


class Groups(Part):
    """
    The groups of the next run: merge some, or split exposures off.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-groups")
        self.shifts = shifts
        self.groups, self.members = ipywidgets.SelectMultiple(), ipywidgets.SelectMultiple()
        named(self.groups, "Groups of the next run")
        named(self.members, "Exposures of the first chosen group")
        for control in (self.groups, self.members):
            control.layout.width, control.layout.height = "98%", "130px"
        self.merge = button("Merge these groups", tip="They share one shift")
        self.split = button("Split these exposures off", tip="They get a shift of their own")
        self.back = button("Take the last change back")
        self.status, self.error = text(""), text("")
        bar = ipywidgets.HBox([self.merge, self.split, self.back])
        bar.add_class("mw-row")
        self._controls = (
            text("Groups of the next run", "mw-heading"), self.groups,
            text("Exposures of the first chosen group", "mw-heading"), self.members,
            bar, self.status, self.error,
        )  # fmt: skip
        self.merge.on_click(lambda _: self._act(lambda: shifts.merge(self.groups.value)))
        self.split.on_click(lambda _: self._act(self._split))
        self.back.on_click(lambda _: self._act(shifts.take_back))
        self.groups.observe(self._show_members, "value")
        self.children = self._controls if shifts.can_regroup else (_no_regroup(),)
        if shifts.model is not None and shifts.can_regroup:
            self.watch(shifts.model, self._update, "settings", "rows")

    def _act(self, action: Any) -> None:
        self.error.value = ""
        try:
            action()
        except MiriWidgetsError as error:
            self.error.value = sentences([str(error)], "bad")

    def _split(self) -> None:
        chosen = self.groups.value
        self.shifts.split(chosen[0] if chosen else "", self.members.value)

    def _update(self, _: Any) -> None:
        try:
            self._groups = {group.name: group for group in self.shifts.groups()}
        except MiriWidgetsError as error:
            self._groups = {}
            self.error.value = sentences([str(error)], "bad")
        options = [(f"{name} ({len(group)} exposures)", name) for name, group in self._groups.items()]
        if tuple(options) != tuple(self.groups.options):
            self.groups.options = options
        self._show_members(None)
        lines = self.shifts.lines
        self.back.disabled = not lines
        shown = "".join(f"<p><code>{escape(line)}</code></p>" for line in lines)
        self.status.value = shown or "<p>As found by visit and guide star.</p>"

    def _show_members(self, _: Any) -> None:
        chosen = self.groups.value
        self.members.options = self._groups[chosen[0]].roots if chosen and chosen[0] in self._groups else ()

    def close(self) -> None:
        """Close all controls, even those not on the page."""
        self.children = (*self._controls, *(child for child in self.children if child not in self._controls))
        super().close()


def _no_regroup() -> ipywidgets.HTML:
    return text("These shifts come from a file: their groups cannot be changed here.", "mw-muted")


def _verdict_row(index: int, shift: TrustedShift, label: str) -> dict[str, Any]:
    tone, glyph = _TONES[shift.verdict]
    return {
        "id": str(index),
        "verdict": {"text": str(shift.verdict), "tone": tone, "glyph": glyph, "tip": shift.reason},
        "group": {"text": label, "tip": f"{shift.group.name} {shift.filter}".strip()},
        "star": shift.group.guide_star or "not known",
        "dx": _with_error(shift.dx, shift.dx_err),
        "dy": _with_error(shift.dy, shift.dy_err),
        "used": {"text": f"{shift.used} of {shift.exposures}", "rank": shift.used},
        "source": {"text": "measured" if shift.own else "adopted", "tip": shift.source},
    }


def _reason(shift: TrustedShift, label: str) -> str:
    """Return the reason of a verdict, and the source of a value that is not the group's own."""
    source_text = "" if shift.own else f"; it gets {shift.source}"
    tone = _TONES[shift.verdict][0]
    sentence = f"{label} is {shift.verdict}: {shift.reason}{source_text}."
    return f'<p class="mw-reason mw-{tone}">{escape(sentence)}</p>'


def _with_error(value: float, err: float) -> dict[str, Any]:
    error_text = f" ± {1000 * err:.1f}" if math.isfinite(err) else " (no error)"
    return {"text": f"{1000 * value:+.1f}{error_text}", "rank": value}


def _star_row(index: int, match: StarMatch) -> dict[str, Any]:
    def number(value: float, form: str) -> dict[str, Any]:
        return {"text": format(value, form), "rank": value}

    return {
        "id": str(index),
        "exposure": {"text": _short_root(match.root), "tip": match.root},
        "with": {"text": _short_root(match.other) or "catalogue", "tip": match.other},
        "ra": number(match.ra, ".6f"),
        "dec": number(match.dec, ".6f"),
        "before": number(1000 * math.hypot(*match.before), ".1f"),
        "dx": number(1000 * match.after[0], "+.1f"),
        "dy": number(1000 * match.after[1], "+.1f"),
        "after": number(1000 * math.hypot(*match.after), ".1f"),
    }


def _short_root(root: str) -> str:
    """Return the name of an exposure without the parts shared by a program: ``001001_02101_00001``."""
    return root[7:].removesuffix("_mirimage") if root.startswith("jw") else root
