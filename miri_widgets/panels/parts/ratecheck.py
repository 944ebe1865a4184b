"""The check of rates: a row per exposure, and its result as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from miri_widgets.core.rates.rate_check import REASONS
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import escape, sentences, text

__all__ = ["RateChecks"]

_TITLES = {
    "flagged": "Flagged",
    "weights": "Weights",
    "saturated": "Saturated",
    "nan": "No value",
    "no_rate": "No rate",
    "no_integration": "No integration",
    "other": "Unexplained",
}

_WORST = "Largest difference between the rate and what its integrations give"


class RateChecks(Part):
    """
    Differing pixels by reason; the sentences of the chosen row.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage "rates".
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-rates")
        self.session, self.model = session, model
        self.status = text("")
        self.table = Table(columns=[], empty="After a run, one row per exposure appears here.")
        self.details = text("")
        self.children = (self.status, self.table, self.details)
        self.table.observe(self._chosen, "selected")
        self.watch(model, self._update, "rows")
        self.watch(session.programs, self._update_chosen, "selected")

    def checks(self) -> dict[str, Mapping[str, Any]]:
        """
        Return the results of complete runs by exposure.

        Returns
        -------
        dict of str to mapping
            Check by root.
        """
        checks_: dict[str, Mapping[str, Any]] = {}
        for row in self.model.rows:
            checks_ |= row.report.get("exposures", {})
        return checks_

    def _update(self, _: Any) -> None:
        checks = self.checks()
        reasons = [
            name
            for name in REASONS
            if name in _TITLES and any(check["fit"].get(name) for check in checks.values())
        ]
        self.table.columns = [
            {"key": "exposure", "title": "Exposure"},
            {"key": "integrations", "title": "Int.", "right": True, "tip": "Integrations"},
            {
                "key": "differ",
                "title": "Differ",
                "right": True,
                "tip": "Pixels that are not what their integrations give",
            },
            {"key": "sigma", "title": "Worst [σ]", "right": True, "tip": _WORST},
            {"key": "largest", "title": "Worst [DN/s]", "right": True, "tip": _WORST},
            {
                "key": "mean",
                "title": "Plain mean",
                "right": True,
                "tip": "Pixels that a plain mean of the integrations would change",
            },
            *(
                {"key": name, "title": _TITLES[name], "right": True, "tip": REASONS[name][1]}
                for name in reasons
            ),
        ]
        self.table.rows = [self._row(root, check, reasons) for root, check in checks.items()]
        self.status.value = self._summary(checks)
        self._show(None)

    def _row(self, root: str, check: Mapping[str, Any], reasons: list[str]) -> dict[str, Any]:
        exposure = self.session.programs.find(root)
        fit, mean = check["fit"], check["plain_mean"]

        def number(value: Any, form: str = "d") -> dict[str, Any]:
            return {"text": format(value, form) if value is not None else "", "rank": value or 0}

        return {
            "id": root,
            "exposure": {"text": exposure.label if exposure else root, "tip": root},
            "integrations": number(check["integrations"]),
            "differ": number(fit["differ"]),
            "sigma": number(fit.get("largest_sigma"), ".3g"),
            "largest": number(fit["largest"], ".3g"),
            "mean": number(mean["differ"]),
            **{name: number(fit.get(name, 0)) for name in reasons},
        }

    @staticmethod
    def _summary(checks: Mapping[str, Mapping[str, Any]]) -> str:
        if not checks:
            return ""
        off = sum(1 for check in checks.values() if check["fit"]["differ"])
        if not off:
            subject = f"all {len(checks)} exposures" if len(checks) > 1 else "this exposure"
            return sentences([f"In {subject} the rate is what its integrations give."], "good")
        return sentences(
            [
                f"In {off} of {len(checks)} exposures some pixels are not what their integrations give: choose a row."
            ],
            "warn",
        )

    def _chosen(self, change: Mapping[str, Any]) -> None:
        self._show(None)
        if change["new"] and not set(change["new"]) <= set(self.session.programs.selected):
            self.session.choose(change["new"])

    def _update_chosen(self, _: Any) -> None:
        checks = self.checks()
        roots = [root for root in self.session.programs.selected if root in checks]
        if roots and roots != self.table.selected:
            self.table.selected = roots

    def _show(self, _: Any) -> None:
        checks = self.checks()
        chosen = next((root for root in self.table.selected if root in checks), "")
        if not chosen and len(checks) == 1:
            chosen = next(iter(checks))
        if not chosen:
            self.details.value = ""
            return
        check = checks[chosen]
        blocks = [f'<p class="mw-muted">{escape(chosen)}</p>']
        for key, title in (
            ("fit", "As the ramp fit weights integrations"),
            ("plain_mean", "By a plain mean of the integrations"),
        ):
            tone = "good" if not check[key]["differ"] else ("warn" if key == "fit" else "calm")
            blocks.append(f"<p><b>{escape(title)}</b></p>")
            blocks.append(sentences(list(check[key].get("words", ())), tone))
        self.details.value = "".join(blocks)
