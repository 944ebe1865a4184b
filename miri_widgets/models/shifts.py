"""The shifts of a program as its two files tell them, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.analysis.footprints import known_footprints
from miri_widgets.analysis.shift_diagnostics import ShiftFacts
from miri_widgets.analysis.shift_files import read_shift_facts
from miri_widgets.core.shifts.groups import Group, group_exposures
from miri_widgets.core.shifts.regrouping import regroup
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import ParameterError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.session import SessionModel
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.entered import entered_path
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.names import root_of
from miri_widgets.products.tables.shift_tables import write_shift_table
from miri_widgets.run.status_rows import RowState, RunRow
from miri_widgets.settings import Kind

__all__ = ["APPLY", "REGROUP", "ShiftsModel", "next_step"]

REGROUP = "regroup"
"""The parameter that takes groups apart and together."""
APPLY = "apply_shift"
"""The stage that moves the exposures."""

_TABLE = "shifts.ecsv"


def next_step(facts: ShiftFacts, chain: Sequence[str], *, can_apply: bool = True) -> tuple[str, str]:
    """
    Return what to do next: a sentence, and what a button may do for it.

    Parameters
    ----------
    facts : ShiftFacts
        The shifts.
    chain : sequence of str
        Stages that take part.
    can_apply : bool
        Whether `APPLY` can take part; else the table is to be saved for it.

    Returns
    -------
    (str, str)
        The action is "take" (take `APPLY` into the chain), "go" (to its panel) or empty.
    """
    shifts = facts.table.shifts
    counts = {verdict: sum(shift.verdict == verdict for shift in shifts) for verdict in Verdict}
    taken = APPLY in chain
    then = "run 'Apply shifts'" if taken else "take 'Apply shifts' into the chain"
    action = "go" if taken else "take"
    if not can_apply:
        then, action = "save the table, and give it to 'Apply shifts' of a full dashboard", ""
    if not shifts:
        return "The table has no group: measure shifts with other exposures.", ""
    if counts[Verdict.PASS] == len(shifts):
        return f"All {len(shifts)} groups PASS: {then}.", action
    if counts[Verdict.FAIL] == len(shifts):
        return (
            "No group passes: choose another filter or catalogue, or a larger search radius, "
            "and measure again.",
            "",
        )
    if counts[Verdict.FAIL]:
        return (
            f"{counts[Verdict.FAIL]} of {len(shifts)} groups FAIL and get a value from elsewhere: read the "
            f"reason and the source of each, measure in another filter if you can, then {then}.",
            action,
        )
    return (
        f"{counts[Verdict.WEAK]} of {len(shifts)} groups are WEAK: read the reasons; when their residuals "
        f"look right, {then}.",
        action,
    )


class ShiftsModel(BackgroundValue):
    """
    The shifts that a stage made with the settings of now, or those of any table.

    Parameters
    ----------
    session : SessionModel, optional
        The session whose stage ``shifts`` is meant; without it `open` reads any table.
    """

    stale = traitlets.Bool(False, help="whether `value` was made with other settings than those of now")
    group = traitlets.Unicode("", help="the group that is looked at")

    def __init__(self, session: SessionModel | None = None) -> None:
        super().__init__(session.background if session is not None else None)
        self.session = session
        self.model = session.models["shifts"] if session is not None else None
        self._watches = Subscriptions()
        if self.model is not None:
            self._watches.add(self.model, self._follow, "rows")
            self._follow(None)

    @property
    def facts(self) -> ShiftFacts | None:
        """The latest shifts."""
        return self.value

    def open(self, table: Path, measured: Path | None = None, exposures: Iterable[Path] = ()) -> None:
        """
        Read a table of this or another program; `exposures` are files that give the footprints.

        Parameters
        ----------
        table : Path
            The table of shifts.
        measured : Path, optional
            The table of measurements beside it.
        exposures : iterable of Path
            FITS files of the exposures.
        """
        files = {root_of(path): Path(path) for path in exposures}
        self.request((table, measured, tuple(files)), lambda: read_shift_facts(table, measured, files=files))

    def _follow(self, _: object) -> None:
        assert self.model is not None and self.session is not None
        if self.session.closed:
            return
        row = next((row for row in self.model.rows if row.state == RowState.DONE and self._tables(row)), None)
        self.stale = row is None and self.value is not None
        if row is not None:
            path = self._tables(row)[0]
            exposures = self.session.programs.exposures
            files = self.session.inputs_of(self.model.name)
            self.request((path, row.key), _read, path, files, exposures, row.report)

    @staticmethod
    def _tables(row: RunRow) -> list[Path]:
        return [path for path in row.products if path.name.endswith(_TABLE)]

    # -- groups -------------------------------------------------------------

    @property
    def can_regroup(self) -> bool:
        """Whether the stage takes groups from the user."""
        if self.model is None or REGROUP not in self.model.settings:
            return False
        return self.model.settings.parameter(REGROUP).kind is Kind.LIST

    @property
    def lines(self) -> tuple[str, ...]:
        """The user's lines."""
        if self.model is None or not self.can_regroup:
            return ()
        return tuple(self.model.settings[REGROUP] or ())

    def groups(self, lines: Sequence[str] | None = None) -> tuple[Group, ...]:
        """
        Return the groups as the next run will make them.

        Parameters
        ----------
        lines : sequence of str, optional
            Lines that regroup, as the parameter has them; those that act by default.

        Raises
        ------
        ParameterError
            If a line cannot be followed.
        """
        session, model = self.session, self.model
        if session is None or model is None:
            return tuple(exposure.group for exposure in self.facts.table.shifts) if self.facts else ()
        programs = session.programs
        roots = {root for plan in session.plans if plan.stage == model.name for root in plan.exposures}
        chosen = [exposure for exposure in programs.included if exposure.root in roots] or programs.included
        return regroup(group_exposures(chosen), self.lines if lines is None else lines)

    def merge(self, names: Sequence[str]) -> None:
        """
        Let groups share one shift.

        Parameters
        ----------
        names : sequence of str
            Names of two or more groups.
        """
        if len(names) < 2:
            raise ParameterError(f"{len(names)} groups are chosen", "two or more", "choose those to merge")
        self._add_line("merge " + " ".join(names))

    def split(self, name: str, roots: Sequence[str]) -> None:
        """
        Give some exposures of a group a shift of their own.

        Parameters
        ----------
        name : str
            Name of the group.
        roots : sequence of str
            Exposures that leave it, by name without suffix.
        """
        if not roots:
            raise ParameterError("no exposure is chosen", "some of the group", "choose those that leave it")
        self._add_line(f"split {name} " + " ".join(roots))

    def take_back(self) -> None:
        """Forget the last line."""
        if self.model is not None and self.lines:
            self._set(self.lines[:-1])

    def _add_line(self, line: str) -> None:
        lines = (*self.lines, line)
        self.groups(lines)  # says what is wrong with it
        self._set(lines)

    def _set(self, lines: Sequence[str]) -> None:
        assert self.model is not None
        if lines:
            self.model.set({REGROUP: list(lines)})
        else:
            self.model.reset(REGROUP)

    # -- using --------------------------------------------------------------

    def save_copy(self, path: str | Path) -> Path:
        """
        Write the table elsewhere.

        Parameters
        ----------
        path : str or Path
            A new ``.ecsv`` file.

        Raises
        ------
        ParameterError
            If there is no table, or `path` exists or is no ``.ecsv``.
        InputError
            If `path` is no path.
        NotWritableError, DiskFullError
            If it cannot be written.
        """
        path = entered_path(path)
        if self.facts is None:
            raise ParameterError("no table of shifts", "measured shifts", "run this stage first")
        if path.suffix != ".ecsv":
            raise ParameterError(
                f"the name {str(path)[-60:]!r}", "a file that ends in .ecsv", "correct the name"
            )
        if path.exists():
            raise ParameterError(f"{str(path)[-80:]} is there already", "a new file", "choose another name")
        write_shift_table(self.facts.table, path)
        return path

    def center_on(self, root: str, x: float, y: float, marks: Sequence[tuple[float, float]] = ()) -> bool:
        """
        Bring a star of an exposure to the middle of the viewer; False without a viewer or a file.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        x, y : float
            Position of the star, 0-based pixels.
        marks : sequence of (float, float)
            Positions that are marked in the viewer, 0-based pixels.
        """
        path = self.facts.files.get(root) if self.facts is not None else None
        if self.session is None or path is None:
            return False
        self.session.show(path)
        self.session.marks = tuple(marks)
        self.session.center_on(x, y)
        return True

    def close(self) -> None:
        """Let go of the stage, too."""
        self._watches.end()
        super().close()


def _read(
    path: Path, files: Mapping[str, Path], exposures: Sequence[Exposure], report: Mapping[str, Any]
) -> ShiftFacts:
    return read_shift_facts(path, files=files, footprints=known_footprints(exposures), report=report)
