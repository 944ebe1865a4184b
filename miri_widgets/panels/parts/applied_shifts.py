"""The shift of each exposure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import sentences, text

__all__ = ["AppliedShifts"]

_COLUMNS = [
    {"key": "exposure", "title": "Exposure"},
    {"key": "dx", "title": "dx [mas]", "right": True, "tip": "Added to RA cos(Dec), in total"},
    {"key": "dy", "title": "dy [mas]", "right": True, "tip": "Added to Dec, in total"},
    {"key": "rotation", "title": "Rotation [arcsec]", "right": True, "tip": "From north through east"},
    {"key": "changed", "title": "Moved", "tip": "No: it had this shift already"},
    {
        "key": "sip",
        "title": "SIP [mas]",
        "right": True,
        "tip": "Largest error of the SIP keywords, and their degree",
    },
]


class AppliedShifts(Part):
    """
    One row per exposure that was moved, and the warnings.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage whose runs are listed.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-shift-table")
        self.session, self.model = session, model
        self.status = text("")
        self.table = Table(
            columns=_COLUMNS, placeholder="Filter exposures", max_height="420px",
            empty="After a run, the shift of each exposure is listed here.",
        )  # fmt: skip
        self.children = (self.status, self.table)
        self.watch(model, self._update, "rows")

    def _update(self, _: Any) -> None:
        rows, warnings = [], []
        for run in self.model.rows:
            warnings += [str(line) for line in run.report.get("warnings", ())]
            for root, facts in dict(run.report.get("exposures", {})).items():
                rows.append(self._row(str(root), facts))
        self.table.rows = rows
        self.status.value = sentences(list(dict.fromkeys(warnings)), "warn")

    def _row(self, root: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        def number(name: str, factor: float, form: str) -> dict[str, Any]:
            value = facts.get(name)
            if not isinstance(value, int | float) or not math.isfinite(value):
                return {"text": "", "rank": -math.inf}
            return {"text": format(factor * value, form), "rank": value}

        exposure = self.session.programs.find(root)
        sip = number("sip_error_mas", 1, ".3f")
        degree = facts.get("sip_degree")
        return {
            "id": root,
            "exposure": {"text": exposure.label if exposure is not None else root, "tip": root},
            "dx": number("dx", 1000, "+.1f"),
            "dy": number("dy", 1000, "+.1f"),
            "rotation": number("rotation", 3600, "+.2f"),
            "changed": "yes" if facts.get("changed") else "no",
            "sip": {
                **sip,
                "text": f"{sip['text']} (degree {degree})" if sip["text"] and degree else sip["text"],
            },
        }
