"""The program's exposures: the table, what is chosen, what takes part."""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from miri_widgets.products.checks import program_contradictions, unmatched_exclusions
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.program_schema import STARTS
from miri_widgets.products.scan import ScanResult
from miri_widgets.run.status_rows import ExposureRow

__all__ = ["ProgramModel"]


class ProgramModel(traitlets.HasTraits):
    """
    Observable state of a program.

    Parameters
    ----------
    program : Program
        What it is about.
    """

    simulating = traitlets.Bool(False, help="whether the exposures are being simulated")
    scanned = traitlets.Bool(False, help="whether the folders were looked through")
    exposures = traitlets.Tuple(help="Exposure of every input of the chain, in order of start")
    mosaics = traitlets.Tuple(help="Mosaic of every i2d file that lies in the folders already")
    problems = traitlets.Tuple(help="Problem of every file that cannot be used")
    warnings = traitlets.Tuple(
        help="what headers, folders and mosaics contradict each other in, as sentences"
    )
    excluded = traitlets.Instance(frozenset, args=(), help="roots that take no part in runs")
    selected = traitlets.Tuple(help="roots of the chosen rows")
    states = traitlets.Dict(help="root -> tuple of (stage, RowState)")
    left_out = traitlets.Dict(
        help="root -> tuple of (stage, steps that the pipeline left out, with the reason)"
    )

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program

    def take(self, scan: ScanResult) -> None:
        """
        Take what lies in the folders.

        Parameters
        ----------
        scan : ScanResult
            Exposures, mosaics and problems that a scan gave.
        """
        self.exposures = scan.exposures
        self.mosaics = scan.mosaics
        self.problems = scan.problems
        self.warnings = (
            *unmatched_exclusions(self.program.exclude),
            *program_contradictions(self.program.program, scan.exposures, scan.mosaics),
        )
        self.scanned = True

    @property
    def included(self) -> tuple[Exposure, ...]:
        """The exposures that take part in runs."""
        return tuple(exposure for exposure in self.exposures if exposure.root not in self.excluded)

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters of the exposures, by wavelength."""
        present = {exposure.filter for exposure in self.exposures}
        return tuple(name for name in FILTERS if name in present)

    def rows(self) -> tuple[ExposureRow, ...]:
        """Return the table."""
        return tuple(
            ExposureRow(
                **{
                    name: getattr(exposure, name)
                    for name in ExposureRow.__dataclass_fields__
                    if name not in ("included", "states", "left_out")
                },
                included=exposure.root not in self.excluded,
                states=self.states.get(exposure.root, ()),
                left_out=self.left_out.get(exposure.root, ()),
            )
            for exposure in self.exposures
        )

    def exclude(self, roots: Iterable[str]) -> None:
        """
        Let exposures take no part in runs.

        Parameters
        ----------
        roots : iterable of str
            Exposures by name without suffix.
        """
        self.excluded = self.excluded | frozenset(roots)

    def choose(self, roots: Iterable[str]) -> tuple[str, ...]:
        """
        Choose exposures, for every table, chart and map of a page; unknown ones are left out.

        Parameters
        ----------
        roots : iterable of str
            Exposures by name without suffix.

        Returns
        -------
        tuple of str
            Those that are chosen now.
        """
        known = {exposure.root for exposure in self.exposures}
        self.selected = tuple(dict.fromkeys(root for root in roots if root in known))
        return self.selected

    def include(self, roots: Iterable[str]) -> None:
        """
        Let exposures take part again.

        Parameters
        ----------
        roots : iterable of str
            Exposures by name without suffix.
        """
        self.excluded = self.excluded - frozenset(roots)

    def uses_filter(self, name: str) -> bool:
        """
        Say whether any exposure of a filter takes part.

        Parameters
        ----------
        name : str
            A filter, as F770W.
        """
        return any(exposure.filter == name for exposure in self.included)

    def use_filter(self, name: str, use: bool) -> None:
        """
        Include or exclude all exposures of a filter.

        Parameters
        ----------
        name : str
            A filter, as F770W.
        use : bool
            Whether its exposures take part in runs.
        """
        roots = [exposure.root for exposure in self.exposures if exposure.filter == name]
        if use:
            self.include(roots)
        else:
            self.exclude(roots)

    def find(self, root: str) -> Exposure | None:
        """
        Return an exposure by its name without suffix, or None.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        return next((exposure for exposure in self.exposures if exposure.root == root), None)

    def blockers(self) -> list[str]:
        """Return why no stage can run, as sentences."""
        if not self.scanned:
            return ["Scanning the program's folders …"]
        if not self.exposures:
            if self.program.simulated:
                if self.simulating:
                    # no count: it is told in one place, as it goes on
                    return [
                        "The simulated exposures are being made: the bar in the Program tab tells how far."
                    ]
                return [
                    "The simulated exposures are not there yet: press Make the simulated twin in the Program tab, or run "
                    f"`miri-widgets demo --program {self.program.simulated}`."
                ]
            folders = ", ".join(str(folder) for folder in self.program.folders)
            return [
                f"There are no {STARTS[self.program.start]} ({self.program.start} files) of the MIRI imager in {folders}: "
                "put some there."
            ]
        if not self.included:
            return ["Every exposure is excluded: include some in the Program tab."]
        return []
