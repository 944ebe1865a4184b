"""All exposures of a program on the sky: where each lies, what colours it, which one is under the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import traitlets

from miri_widgets.analysis.footprints import Corners, known_footprints, previewed_grid, read_footprints
from miri_widgets.core.tangent_plane import to_plane
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.run.status_rows import STEPS_LEFT_OUT, RowState, status_text

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["COLOURINGS", "Colouring", "ExposureMap"]

_PLACED = ("cal", "crf")  # suffixes of products whose headers tell where they lie


class ExposureMap(BackgroundValue):
    """
    The footprints of all exposures of a program, by root: of the newest calibrated product, else of the raw file.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    by = traitlets.Unicode("filter", help="key of `COLOURINGS`: what colours the exposures")

    def __init__(self, session: SessionModel) -> None:
        super().__init__(session.background)
        self.session = session
        self._known: dict[Path, dict[str, Corners]] = {}
        self.shifts = ShiftsModel(session) if "shifts" in session.models else None
        self._watches = Subscriptions()
        self._watches.add(session.programs, self._follow, "exposures", "states")
        self._follow(None)

    @property
    def corners(self) -> Mapping[str, Corners]:
        """Corners (RA, Dec) in degrees by root."""
        return self.value or {}

    def _follow(self, _: object) -> None:
        if self.session.closed:
            return
        latest = self.session.latest_products(_PLACED)
        exposures = self.session.programs.exposures
        mark = tuple(latest.items()), tuple(exposure.root for exposure in exposures)
        self.request(mark, _footprints, exposures, tuple(latest.values()), self._known)

    def outline(self) -> Corners:
        """Return the corners of the mosaic grid that is planned; none when no grid takes part, or none fits."""
        model = self.session.stages.get("grid")
        included = {exposure.root for exposure in self.session.programs.included}
        corners = {root: corners for root, corners in self.corners.items() if root in included}
        if model is None or not model.loaded or not corners:
            return ()
        try:
            return previewed_grid(corners, {name: model.settings[name] for name in model.settings}).corners()
        except MiriWidgetsError:  # told in the panel of the grid
            return ()

    def colours(self) -> Mapping[str, str | float]:
        """Return what colours each exposure now, by root: a word or a number; exposures without one are left out."""
        return COLOURINGS[self.by].of(self)

    def under(self, ra: float, dec: float) -> tuple[str, ...]:
        """
        Return the exposures whose footprints hold a position, in the order of the map.

        Parameters
        ----------
        ra, dec : float
            ICRS degrees.
        """
        return tuple(root for root, corners in self.corners.items() if _holds(corners, ra, dec))

    def next_under(self, ra: float, dec: float) -> str:
        """
        Return the exposure at a position that comes after the one chosen; empty where there is none.

        Parameters
        ----------
        ra, dec : float
            ICRS degrees.
        """
        roots = self.under(ra, dec)
        selected = self.session.programs.selected
        if len(selected) == 1 and selected[0] in roots:
            return roots[(roots.index(selected[0]) + 1) % len(roots)]
        return roots[0] if roots else ""

    def close(self) -> None:
        """Let go of the session, too."""
        self._watches.end()
        if self.shifts is not None:
            self.shifts.close()
        super().close()


@dataclass(frozen=True)
class Colouring:
    """
    A way to colour exposures.

    Attributes
    ----------
    title : str
        What a user chooses.
    of : callable
        Gives a word or a number per root, from the map.
    unit : str
        Of numbers.
    order : tuple of str
        Words that have a fixed order, and with it a fixed colour.
    """

    title: str
    of: Callable[[ExposureMap], Mapping[str, str | float]]
    unit: str = ""
    order: tuple[str, ...] = ()


def _by_exposure(of: Callable[[Exposure], str]) -> Callable[[ExposureMap], Mapping[str, str | float]]:
    return lambda drawn: {exposure.root: of(exposure) for exposure in drawn.session.programs.exposures}


def _shift_sizes(drawn: ExposureMap) -> dict[str, str | float]:
    """Size of the shift of each exposure's group, mas."""
    facts = drawn.shifts.facts if drawn.shifts is not None else None
    shifts = facts.table.shifts if facts is not None else ()
    sizes = {root: 1000 * math.hypot(shift.dx, shift.dy) for shift in shifts for root in shift.group.roots}
    return {root: size for root, size in sizes.items() if math.isfinite(size)}


def _verdicts(drawn: ExposureMap) -> dict[str, str | float]:
    facts = drawn.shifts.facts if drawn.shifts is not None else None
    shifts = facts.table.shifts if facts is not None else ()
    return {root: str(shift.verdict) for shift in shifts for root in shift.group.roots}


def _levels(drawn: ExposureMap) -> dict[str, str | float]:
    """Clipped median of the newest calibrated product; measured when asked for, and here a little later."""
    session = drawn.session
    levels: dict[str, str | float] = {}
    for root, path in session.latest_products(_PLACED).items():
        measured = session.measured.get(path)
        if measured is None:
            session.ask_measure(path)
        elif measured.level is not None and math.isfinite(measured.level.median):
            levels[root] = float(measured.level.median)
    return levels


def _states(drawn: ExposureMap) -> dict[str, str | float]:
    programs = drawn.session.programs
    return {
        exposure.root: "excluded"
        if exposure.root in programs.excluded
        else _state(dict(programs.states.get(exposure.root, ())), bool(programs.left_out.get(exposure.root)))
        for exposure in programs.exposures
    }


def _state(states: Mapping[str, RowState], left_out: bool) -> str:
    """Return one word for how an exposure stands in all stages: what needs a person first."""
    values = set(states.values())
    for state in (RowState.FAILED, RowState.RUNNING, RowState.WAITING, RowState.STALE):
        if state in values:
            return str(state)
    if values == {RowState.DONE}:
        return status_text(RowState.DONE, left_out)
    return "partly done" if RowState.DONE in values else str(RowState.NEW)


_STATES = (
    "done",
    "partly done",
    "running",
    "waiting",
    "failed",
    "out of date",
    "cancelled",
    "not run",
    "excluded",
    STEPS_LEFT_OUT,
)

COLOURINGS: dict[str, Colouring] = {
    "filter": Colouring("filter", _by_exposure(lambda exposure: exposure.filter), order=tuple(FILTERS)),
    "guide_star": Colouring("guide star", _by_exposure(lambda exposure: exposure.guide_star or "not known")),
    "tile": Colouring("tile", _by_exposure(lambda exposure: f"tile {exposure.tile}")),
    "level": Colouring("sky level", _levels, "MJy/sr"),
    "shift": Colouring("size of the shift", _shift_sizes, "mas"),
    "verdict": Colouring("verdict of the shift", _verdicts, order=("PASS", "WEAK", "FAIL")),
    "state": Colouring("state", _states, order=_STATES),
}
"""What can colour the exposures. Whatever gives a word or a number per root (tags, quality) adds itself here."""


def _footprints(
    exposures: tuple[Exposure, ...], files: tuple[Path, ...], known: dict[Path, dict[str, Corners]]
) -> dict[str, Corners]:
    """Read headers that were not read before; a run's file never changes."""
    footprints = known_footprints(exposures)
    for path in files:
        if path not in known:
            known[path] = read_footprints([path])
        footprints |= known[path]
    order = {exposure.root: index for index, exposure in enumerate(exposures)}
    return {
        root: footprints[root] for root in sorted(footprints, key=lambda root: order.get(root, len(order)))
    }


def _holds(corners: Corners, ra: float, dec: float) -> bool:
    """Tell whether a polygon on the sky holds a position, by the parity of its edges to the east of it."""
    positions = np.array(corners, float)
    x, y = to_plane(positions[:, 0], positions[:, 1], (ra, dec))
    if not np.isfinite(x).all():
        return False
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > 0) != (y1 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (0 - y) * (x1 - x) / (y1 - y)
    return bool(np.count_nonzero(crosses & (at > 0)) % 2)
