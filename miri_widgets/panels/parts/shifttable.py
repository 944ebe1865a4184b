"""Tables of measured shifts: a verdict per group, matched stars for the viewer, the groups themselves."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets

from miri_widgets.analysis.shift_diagnostics import StarMatch, group_labels
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
        Whose shifts are listed.
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
        self._following = False
        self.table.observe(self._picked, "selected")
        self.watch(shifts, self._follow, "value")
        if shifts.session is not None:
            self.watch(shifts.session.programs, self._follow_chosen, "selected")

    def _picked(self, change: Any) -> None:
        """Choose all exposures of a group everywhere."""
        facts = self.shifts.facts
        if self._following or facts is None or self.shifts.session is None:
            return
        places = [int(name) for name in change["new"] if name.isdecimal()]
        roots = [
            root for n in places if n < len(facts.table.shifts) for root in facts.table.shifts[n].group.roots
        ]
        if roots:
            self.shifts.session.choose(roots)

    def _follow_chosen(self, _: Any) -> None:
        facts, session = self.shifts.facts, self.shifts.session
        chosen = set(session.programs.selected) if session is not None else set()
        shifts = facts.table.shifts if facts is not None else ()
        self._following = True
        try:
            self.table.selected = [str(n) for n, one in enumerate(shifts) if chosen & set(one.group.roots)]
        finally:
            self._following = False

    def _follow(self, _: Any) -> None:
        facts = self.shifts.facts
        shifts = facts.table.shifts if facts is not None else ()
        labels = group_labels(one.group for one in shifts)
        self.table.rows = [
            _verdict_row(place, one, labels[one.group.name]) for place, one in enumerate(shifts)
        ]
        self._follow_chosen(None)
        self.reasons.value = "".join(_reason(one, labels[one.group.name]) for one in shifts)
        if facts is None:
            self.notes.value = ""
            return
        against = facts.table.reference_catalog or "no catalogue: relative to one another"
        filters = ", ".join(dict.fromkeys(one.filter for one in shifts if one.filter)) or "filter not told"
        lines = [f"Measured in {filters}, against {against}.", *facts.table.notes]
        self.notes.value = "".join(f"<p>{escape(line)}</p>" for line in lines)


class Stars(Part):
    """
    Matched stars; a click on a row shows the star in the viewer, and marks the others of its exposure.

    Parameters
    ----------
    shifts : ShiftsModel
        Whose stars are listed.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-sources")
        self.shifts = shifts
        self.words = text("", "mw-muted")
        self.table = Table(
            columns=_STARS, placeholder="Filter stars", max_height="420px",
            empty="No matched stars: they are kept with a run of this stage.",
        )  # fmt: skip
        self.children = (self.words, self.table)
        self.table.observe(self._picked, "selected")
        self.watch(shifts, self._follow, "value")

    def _follow(self, _: Any) -> None:
        matches = self.shifts.facts.matches if self.shifts.facts is not None else ()
        self.table.selected = []
        self.table.rows = [_star_row(place, one) for place, one in enumerate(matches)]
        self.words.value = "Click a row to see the star." if matches else ""

    def _picked(self, change: Any) -> None:
        facts = self.shifts.facts
        chosen = [int(name) for name in change["new"] if name.isdecimal()]
        if facts is None or not chosen or chosen[0] >= len(facts.matches):
            return
        star = facts.matches[chosen[0]]
        marks = [(one.x, one.y) for one in facts.matches if one.root == star.root]
        if self.shifts.center_on(star.root, star.x, star.y, marks):
            self.words.value = escape(f"In {star.root} at ({star.x:.1f}, {star.y:.1f}).")
        else:
            self.words.value = escape(f"{star.root} is not at hand: the star cannot be shown.")


class Groups(Part):
    """
    The groups of the next run: merge some, or split exposures off.

    Parameters
    ----------
    shifts : ShiftsModel
        Whose stage is told.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-groups")
        self.shifts = shifts
        self.groups, self.members = ipywidgets.SelectMultiple(), ipywidgets.SelectMultiple()
        named(self.groups, "Groups of the next run")
        named(self.members, "Exposures of the first chosen group")
        for one in (self.groups, self.members):
            one.layout.width, one.layout.height = "98%", "130px"
        self.merge = button("Merge these groups", tip="They share one shift")
        self.split = button("Split these exposures off", tip="They get a shift of their own")
        self.back = button("Take the last change back")
        self.words, self.error = text(""), text("")
        bar = ipywidgets.HBox([self.merge, self.split, self.back])
        bar.add_class("mw-row")
        self._controls = (
            text("Groups of the next run", "mw-heading"), self.groups,
            text("Exposures of the first chosen group", "mw-heading"), self.members,
            bar, self.words, self.error,
        )  # fmt: skip
        self.merge.on_click(lambda _: self._act(lambda: shifts.merge(self.groups.value)))
        self.split.on_click(lambda _: self._act(self._split))
        self.back.on_click(lambda _: self._act(shifts.take_back))
        self.groups.observe(self._show_members, "value")
        self.children = self._controls if shifts.can_regroup else (_no_regroup(),)
        if shifts.model is not None and shifts.can_regroup:
            self.watch(shifts.model, self._follow, "settings", "rows")

    def _act(self, action: Any) -> None:
        self.error.value = ""
        try:
            action()
        except MiriWidgetsError as error:
            self.error.value = sentences([str(error)], "bad")

    def _split(self) -> None:
        chosen = self.groups.value
        self.shifts.split(chosen[0] if chosen else "", self.members.value)

    def _follow(self, _: Any) -> None:
        try:
            self._groups = {one.name: one for one in self.shifts.groups()}
        except MiriWidgetsError as error:
            self._groups = {}
            self.error.value = sentences([str(error)], "bad")
        options = [(f"{name} ({len(one)} exposures)", name) for name, one in self._groups.items()]
        if tuple(options) != tuple(self.groups.options):
            self.groups.options = options
        self._show_members(None)
        lines = self.shifts.lines
        self.back.disabled = not lines
        shown = "".join(f"<p><code>{escape(line)}</code></p>" for line in lines)
        self.words.value = shown or "<p>As found by visit and guide star.</p>"

    def _show_members(self, _: Any) -> None:
        chosen = self.groups.value
        self.members.options = self._groups[chosen[0]].roots if chosen and chosen[0] in self._groups else ()

    def close(self) -> None:
        """Close the controls, too, when they are not on the page."""
        self.children = (*self._controls, *(one for one in self.children if one not in self._controls))
        super().close()


def _no_regroup() -> ipywidgets.HTML:
    return text("These shifts come from a file: their groups cannot be changed here.", "mw-muted")


def _verdict_row(place: int, one: TrustedShift, label: str) -> dict[str, Any]:
    tone, glyph = _TONES[one.verdict]
    return {
        "id": str(place),
        "verdict": {"text": str(one.verdict), "tone": tone, "glyph": glyph, "tip": one.reason},
        "group": {"text": label, "tip": f"{one.group.name} {one.filter}".strip()},
        "star": one.group.guide_star or "not known",
        "dx": _with_error(one.dx, one.dx_err),
        "dy": _with_error(one.dy, one.dy_err),
        "used": {"text": f"{one.used} of {one.exposures}", "rank": one.used},
        "source": {"text": "measured" if one.own else "taken", "tip": one.source},
    }


def _reason(one: TrustedShift, label: str) -> str:
    """Why, and where the value comes from when it is not the group's own."""
    taken = "" if one.own else f"; it gets {one.source}"
    tone = _TONES[one.verdict][0]
    words = f"{label} is {one.verdict}: {one.reason}{taken}."
    return f'<p class="mw-reason mw-{tone}">{escape(words)}</p>'


def _with_error(value: float, err: float) -> dict[str, Any]:
    told = f" ± {1000 * err:.1f}" if math.isfinite(err) else " ± ?"
    return {"text": f"{1000 * value:+.1f}{told}", "rank": value}


def _star_row(place: int, one: StarMatch) -> dict[str, Any]:
    def number(value: float, form: str) -> dict[str, Any]:
        return {"text": format(value, form), "rank": value}

    return {
        "id": str(place),
        "exposure": {"text": _short_root(one.root), "tip": one.root},
        "with": {"text": _short_root(one.other) or "catalogue", "tip": one.other},
        "ra": number(one.ra, ".6f"),
        "dec": number(one.dec, ".6f"),
        "before": number(1000 * math.hypot(*one.before), ".1f"),
        "dx": number(1000 * one.after[0], "+.1f"),
        "dy": number(1000 * one.after[1], "+.1f"),
        "after": number(1000 * math.hypot(*one.after), ".1f"),
    }


def _short_root(root: str) -> str:
    """The name of an exposure without what all of a program share: ``001001_02101_00001``."""
    return root[7:].removesuffix("_mirimage") if root.startswith("jw") else root
