"""Showers as the user finds them: one difference of groups in view, and the outlines that were taken from it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import traitlets
from numpy.typing import NDArray

from miri_widgets.analysis.group_differences import (
    GroupDifferenceImage,
    difference_of,
    require_inside,
    showers_in,
)
from miri_widgets.analysis.shower_list import (
    ShowerRow,
    dated,
    is_same_region,
    pixel_count,
    shower_rows,
    without_known,
)
from miri_widgets.core.regions import Region
from miri_widgets.core.showers.showers import ShowerMask
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.models.background import BackgroundTask
from miri_widgets.models.capabilities import HasViewer
from miri_widgets.products.entered import entered_number
from miri_widgets.products.names import suffix_of
from miri_widgets.products.tables.drawn_regions import keep_regions, taken_from
from miri_widgets.products.tables.region_files import read_regions

__all__ = ["NO_RAMP", "PARAMETER", "STAGE", "ShowerModel", "suggestion_threshold"]

STAGE = "showers"
PARAMETER = "miri_showers.showers_file"

NO_RAMP = "There is no ramp of this exposure yet: run Detector 1 first; with this step in the chain it keeps its ramps."


def suggestion_threshold(entered: str | float) -> float:
    """
    Return what suggestions must stand above, in sigma; what is no such number is a `ParameterError`.

    Parameters
    ----------
    entered : str or float
        What the user typed, sigma.
    """
    return entered_number(entered, "What suggestions stand above", 2, 100, unit="σ", units=("sigma",))


class ShowerModel(traitlets.HasTraits):
    """
    Group differences of one exposure, computed in a thread, and the showers of the program.

    The showers are the content of the file that the parameter ``miri_showers.showers_file`` names. Each change writes
    another file, named after its content, so that a change is undone as any setting is.

    Parameters
    ----------
    session : HasViewer
        The session that it belongs to; it calls `update`.
    """

    on = traitlets.Bool(False, help="whether group differences are in the viewer")
    root = traitlets.Unicode("", help="the exposure")
    integration = traitlets.Int(1, help="from 1")
    # the first group is not used in most MIRI ramps
    group = traitlets.Int(3, help="from 2: this group minus the one before")
    typical = traitlets.Bool(True, help="whether what a pixel gains in its other groups is subtracted")
    integrations = traitlets.Int(1, help="of the exposure")
    groups = traitlets.Int(3, help="of an integration")
    picture = traitlets.Any(None, help="the latest `GroupDifferenceImage`, or None")
    working = traitlets.Bool(False, help="whether one is being computed")
    sentence = traitlets.Unicode("", help="why there is none")
    rows = traitlets.Tuple(help="ShowerRow of every shower in the file of now")
    trouble = traitlets.Unicode("", help="why the file of now cannot be read")
    searching = traitlets.Bool(False, help="whether showers are being looked for")
    searched = traitlets.Unicode("", help="the exposure that the suggestions are for")
    suggested = traitlets.Tuple(help="ShowerMask of every suggestion, most significant first")

    def __init__(self, session: HasViewer) -> None:
        super().__init__()
        self.session = session
        self._task: BackgroundTask | None = None
        self._search: BackgroundTask | None = None
        self._known = ""
        self._done_for: Any = None
        self.observe(self._moved, ["on", "root", "integration", "group", "typical"])
        self.model.observe(self._read, ["settings", "loaded"])

    @property
    def model(self) -> Any:
        """The stage."""
        return self.session.models[STAGE]

    @property
    def pixels(self) -> NDArray[Any] | None:
        """The image that is to be shown, shape (ny, nx), DN; None when there is none."""
        return self.picture.pixels if self.picture is not None else None

    # -- the picture --------------------------------------------------------

    def ramp(self, root: str) -> Path | None:
        """
        Return the ramp of an exposure that detector1 made with the settings of now; None without one.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        plan = next(
            (
                candidate
                for candidate in self.session.plans
                if candidate.stage == STAGE and root in candidate.exposures
            ),
            None,
        )
        files = self.session.services.inputs(plan) if plan is not None else ()
        return next((path for path in files if suffix_of(path) == "ramp" and path.is_file()), None)

    def roots(self) -> tuple[str, ...]:
        """Return the exposures that have a ramp."""
        planned = (root for plan in self.session.plans if plan.stage == STAGE for root in plan.exposures)
        return tuple(root for root in planned if self.ramp(root) is not None)

    def show(self, root: str, integration: int | None = None, group: int | None = None) -> None:
        """
        Bring one group of an exposure into view; counted from 1, by default the ones of now.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        integration, group : int, optional
            Counted from 1.
        """
        with self.hold_trait_notifications():
            self._learn(root)
            self.root = root
            self.integration = min(integration or self.integration, self.integrations)
            self.group = min(max(group or self.group, 2), self.groups)
            self.on = True

    def stop(self) -> None:
        """Take the picture out of the viewer; one that is being computed is thrown away."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._done_for = None, None
        with self.hold_trait_notifications():
            self.on, self.working = False, False
            self.picture, self.sentence = None, ""

    def update(self) -> None:
        """Compute the difference that is wanted now; one at a time."""
        busy = self._task is not None and self._task.pending
        if not self.on or busy or self.session.models["detector1"].planning:
            return
        path = self.ramp(self.root)
        mark = (path, self.integration, self.group, self.typical)
        if mark == self._done_for:
            return
        if path is None:
            self._done_for = mark
            self._fail(NO_RAMP)
            return
        self.working = True
        self._task = self.session.background.start(
            difference_of, *mark, self.root,
            done=partial(self._take, mark), failed=partial(self._refuse, mark),
        )  # fmt: skip

    def _learn(self, root: str) -> None:
        """Take the numbers of integrations and groups from the raw exposure, until its ramp is open."""
        exposure = self.session.programs.find(root)
        if root != self._known and exposure is not None:
            self._known = root
            self.integrations, self.groups = max(exposure.nints, 1), max(exposure.ngroups, 2)

    def _moved(self, change: Any) -> None:
        self._learn(self.root)
        if change["name"] == "on" and not change["new"]:
            self.stop()
        else:
            self.update()

    def _fail(self, sentence: str) -> None:
        with self.hold_trait_notifications():
            self.picture, self.sentence = None, sentence

    def _take(self, mark: Any, picture: GroupDifferenceImage) -> None:
        self._done_for = mark
        with self.hold_trait_notifications():
            self.working, self.picture, self.sentence = False, picture, ""
            if picture.root == self.root:
                self.integrations, self.groups = picture.integrations, picture.groups
        self.update()

    def _refuse(self, mark: Any, error: MiriWidgetsError) -> None:
        self._done_for = mark
        with self.hold_trait_notifications():
            self.working = False
            self._fail(str(error))
        self.update()

    # -- the showers --------------------------------------------------------

    def _regions(self) -> tuple[Region, ...]:
        value = self.model.settings[PARAMETER] if self.model.loaded else None
        return read_regions(Path(str(value))) if value not in (None, "", "None") else ()

    def _read(self, _: Any = None) -> None:
        try:
            rows, trouble = shower_rows(self._regions()), ""
        except MiriWidgetsError as error:
            rows, trouble = (), str(error)
        with self.hold_trait_notifications():
            self.rows, self.trouble = rows, trouble

    def _keep(self, regions: tuple[Region, ...]) -> None:
        """Write the showers beside those of before, and give them to the stage."""
        if regions:
            path = keep_regions(regions, self.session.program.workspace / "regions", STAGE)
            self.model.set({PARAMETER: str(path)})
        elif self.model.settings.without(PARAMETER)[PARAMETER]:
            # without the user's value that of the program's file would act
            self.model.set({PARAMETER: None})
        else:
            self.model.reset(PARAMETER)

    def take_drawn(self) -> int:
        """
        Make the shapes that were drawn in the viewer showers of the exposure, integration and group in view.

        Returns
        -------
        int
            How many were taken: shapes that are showers already stay as they are.

        Raises
        ------
        ParameterError
            If no group difference is in view, or nothing new is drawn, or a shape lies outside of the exposure.
        BadTableError, MissingFileError
            If the file of now cannot be read.
        """
        picture = self.picture
        if picture is None or (picture.root, picture.integration, picture.group) != self._position:
            raise ParameterError(
                "no group difference is in view",
                "the first group that shows the shower",
                "choose an exposure and a group, and wait for the picture",
            )
        drawn = taken_from(self.session.viewer.regions())
        known = self._regions()
        new = without_known(drawn, shower_rows(known))
        if not new:
            raise ParameterError(
                "nothing new is drawn: all shapes in the viewer are showers already",
                "a new shape",
                "draw one, or remove the shower below first",
            )
        for region in new:
            require_inside(region, picture.pixels.shape)
        self._keep((*known, *(dated(region, *self._position) for region in new)))
        return len(new)

    @property
    def _position(self) -> tuple[str, int, int]:
        return self.root, self.integration, self.group

    def remove(self, number: int) -> None:
        """
        Forget one shower, by its place in the file from 0; all others stay.

        Parameters
        ----------
        number : int
            Its number in the file.
        """
        self._keep(tuple(region for index, region in enumerate(self._regions()) if index != number))

    # -- suggestions --------------------------------------------------------

    def suggest(self, threshold: float | str = 5.0) -> None:
        """
        Look for showers in the exposure, in a thread; `suggested` gets them.

        Parameters
        ----------
        threshold : float or str
            Excess of the smoothed difference over its noise, sigma; from 2 to 100.

        Raises
        ------
        ParameterError
            If the exposure has no ramp, or `threshold` is no such number.
        """
        above = suggestion_threshold(threshold)
        path = self.ramp(self.root)
        if path is None:
            raise ParameterError("an exposure without a ramp", "a ramp of detector1", "run detector1 first")
        if self._search is not None:
            self._search.cancel()
        with self.hold_trait_notifications():
            self.searching, self.searched, self.suggested, self.sentence = True, "", (), ""
        self._search = self.session.background.start(
            showers_in, path, above, done=partial(self._take_search, self.root), failed=self._refuse_search
        )

    def _take_search(self, root: str, suggested: tuple[ShowerMask, ...]) -> None:
        with self.hold_trait_notifications():
            self.searching, self.searched, self.suggested = False, root, suggested

    def _refuse_search(self, error: MiriWidgetsError) -> None:
        with self.hold_trait_notifications():
            self.searching, self.sentence = False, str(error)

    def is_taken(self, shower: ShowerMask) -> bool:
        """
        Tell whether a suggestion is among the showers.

        Parameters
        ----------
        shower : ShowerMask
            One of `suggested`.
        """
        return any(
            row.is_in(self.searched)
            and row.integration == shower.integration + 1
            and is_same_region(row.region, shower.shape)
            for row in self.rows
        )

    def accept(self, shower: ShowerMask) -> None:
        """
        Make a suggestion one of the showers.

        Parameters
        ----------
        shower : ShowerMask
            One of `suggested`.
        """
        if not self.is_taken(shower):
            region = dated(shower.shape, self.searched, shower.integration + 1, shower.first_group + 1)
            self._keep((*self._regions(), region))

    def pixels_of(self, row: ShowerRow) -> int | None:
        """
        Return how many pixels a shower covers; None for one on the sky.

        Parameters
        ----------
        row : ShowerRow
            One of `rows`.
        """
        if row.region.sky:
            return None
        exposures = self.session.programs.exposures
        exposure = next((candidate for candidate in exposures if row.is_in(candidate.root)), None)
        return pixel_count(row.region, (exposure.ny, exposure.nx)) if exposure is not None else None
