"""The regions of a program: drawn or loaded, kept as DS9 files in the workspace, and what takes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import traitlets

from miri_widgets.core.regions import Region
from miri_widgets.core.showers.showers import showers_of
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.capabilities import HasViewer
from miri_widgets.models.preview import PreviewModel
from miri_widgets.products.entered import entered_path
from miri_widgets.products.tables.drawn_regions import keep_regions, taken_from
from miri_widgets.products.tables.region_files import parse_regions, read_regions
from miri_widgets.steps.stages import RegionParameter, Stage

__all__ = ["RegionSet", "RegionUse", "RegionsModel", "region_uses", "safe_name"]

_MARK = re.compile(r"_[0-9a-f]{10}$")
_MOST_SETS = 500


@dataclass(frozen=True)
class RegionUse:
    """A parameter that takes a region file: of which stage, and what the stage declares of it."""

    stage: str
    declared: RegionParameter

    @property
    def parameter(self) -> str:
        """Its full name."""
        return self.declared.parameter


def region_uses(stages: Iterable[Stage]) -> tuple[RegionUse, ...]:
    """
    Return what regions are for.

    Parameters
    ----------
    stages : iterable of Stage
        The stages that are there.
    """
    return tuple(RegionUse(stage.name, parameter) for stage in stages for parameter in stage.regions)


@dataclass(frozen=True)
class RegionSet:
    """
    A kept file of regions.

    Attributes
    ----------
    path : Path
        The DS9 file.
    regions : tuple of Region
        What it holds; empty when it cannot be read.
    sentence : str
        Why it cannot be read.
    """

    path: Path
    regions: tuple[Region, ...] = ()
    sentence: str = ""

    @property
    def name(self) -> str:
        """Its name for people."""
        return _MARK.sub("", self.path.stem)

    @property
    def kind(self) -> str:
        """How many of which shapes, and where they belong: ``2 circles, 1 polygon on the sky``."""
        if not self.regions:
            return "cannot be read"
        counts = Counter(region.shape for region in self.regions)
        shapes = ", ".join(f"{count} {shape}{'s' * (count > 1)}" for shape, count in sorted(counts.items()))
        on_sky = {region.sky for region in self.regions}
        return f"{shapes} {'on the sky' if on_sky == {True} else 'in pixels' if on_sky == {False} else 'on the sky and in pixels'}"


class _HasPreviews(HasViewer, Protocol):
    @property
    def previews(self) -> PreviewModel: ...


class RegionsModel(traitlets.HasTraits):
    """
    The list of regions of a program; the folder ``regions`` of its workspace is the list.

    Parameters
    ----------
    session : HasViewer
        The session that it belongs to.
    """

    sets = traitlets.Tuple(help="RegionSet of every kept file, by name")
    shown = traitlets.Tuple(help="paths of the files whose regions are on the image in view")
    working = traitlets.Bool(False, help="whether a file is being read")
    sentence = traitlets.Unicode(
        "", help="what became of the last file that was loaded, when it could not be used"
    )

    def __init__(self, session: _HasPreviews) -> None:
        super().__init__()
        self.session = session
        self._listing = BackgroundValue(session.background)
        self._listing.observe(self._take_sets, "value")
        self._loading = BackgroundValue(session.background)
        self._loading.observe(self._take_loaded, ["value", "sentence", "working"])
        self._loads = 0

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.session.program.workspace / "regions"

    # -- the list -----------------------------------------------------------

    def refresh(self) -> None:
        """Look into the folder; `sets` follows, after files that changed were read in a thread."""
        files = []
        for path in sorted(self.folder.glob("*.reg"))[:_MOST_SETS]:
            try:
                stat = path.stat()
            except OSError:
                continue
            files.append((path, stat.st_mtime_ns, stat.st_size))
        if not self.session.closed:
            self._listing.request(tuple(files), _read_sets, tuple(path for path, *_ in files))

    def _take_sets(self, _: Any) -> None:
        sets = self._listing.value or ()
        with self.hold_trait_notifications():
            self.sets = sets
            self.shown = tuple(path for path in self.shown if any(kept.path == path for kept in sets))

    def find(self, path: Path) -> RegionSet | None:
        """
        Return a kept file, or None.

        Parameters
        ----------
        path : Path
            The file.
        """
        return next((kept for kept in self.sets if kept.path == Path(path)), None)

    def keep_drawn(self, name: str) -> Path:
        """
        Keep what is drawn in the viewer, on the sky where the image in view has a WCS, else in its pixels.

        Parameters
        ----------
        name : str
            Name that the user chose; characters that a file name should not have are replaced.

        Raises
        ------
        ParameterError
            If nothing is drawn, or a shape cannot be kept.
        """
        regions = taken_from(self.session.viewer.regions())
        try:
            path = keep_regions(regions, self.folder, safe_name(name), self._exposure_of(regions))
        except ParameterError:  # no WCS: a raw exposure, a ramp
            path = keep_regions(regions, self.folder, safe_name(name))
        self.refresh()
        return path

    def load(self, path: str | Path) -> None:
        """
        Load a DS9 file in a thread; `sets` gets it, or `sentence` tells why not; no path is an `InputError`.

        Parameters
        ----------
        path : str or Path
            The file; it is copied, and stays as it is.
        """
        self._ask_load(_copy_file, entered_path(path))

    def load_bytes(self, name: str, content: bytes) -> None:
        """
        Load the content of a DS9 file that a browser sent.

        Parameters
        ----------
        name : str
            Its name there.
        content : bytes
            What it holds.
        """
        self._ask_load(_copy_bytes, name, content)

    def _ask_load(self, call: Any, *arguments: Any) -> None:
        self._loads += 1
        self._loading.clear()  # what became of the file before is no answer to this one
        self.sentence = ""
        self._loading.request(self._loads, call, self.folder, *arguments)

    def _take_loaded(self, _: Any) -> None:
        self.working, self.sentence = self._loading.working, self._loading.sentence
        if not self.working and self._loading.value is not None:
            self.refresh()

    def remove(self, path: Path) -> None:
        """
        Delete a kept file.

        Parameters
        ----------
        path : Path
            One of `sets`.

        Raises
        ------
        ParameterError
            If a stage uses it, or it is not one of the list.
        """
        used = self.uses_of(path)
        if used:
            names = ", ".join(f"{self._short(use)} ({use.declared.title})" for use in used)
            raise ParameterError(
                f"regions that are in use: {names}", "regions that nothing uses", "press Stop using first"
            )
        if self.find(path) is None:
            raise ParameterError("regions that are not in the list", "one of the list", "choose one")
        Path(path).unlink(missing_ok=True)
        self.refresh()

    # -- using --------------------------------------------------------------

    def uses_of(self, path: Path) -> tuple[RegionUse, ...]:
        """
        Return what takes a file now.

        Parameters
        ----------
        path : Path
            A kept file.
        """
        models = self.session.models
        return tuple(
            use
            for use in self.possible_uses()
            if str(models[use.stage].settings[use.parameter] or "") == str(path)
        )

    def possible_uses(self) -> tuple[RegionUse, ...]:
        """Return the uses whose stages are here."""
        models = self.session.models
        return tuple(
            use
            for use in region_uses(model.stage for model in models.values())
            if use.parameter in tuple(models[use.stage].settings)
        )

    def use(self, path: Path, use: RegionUse) -> str:
        """
        Give a kept file to a parameter, instead of what it had.

        Parameters
        ----------
        path : Path
            One of `sets`.
        use : RegionUse
            The parameter.

        Returns
        -------
        str
            What that means, as a sentence.

        Raises
        ------
        ParameterError
            If it cannot be read, or the parameter needs something else.
        """
        kept = self.find(path)
        if kept is None or not kept.regions:
            raise ParameterError("regions that cannot be read", "regions of the list", "choose others")
        if use.declared.of_groups:
            showers_of(kept.regions)  # each needs a group
        self.session.models[use.stage].set({use.parameter: str(kept.path)})
        if use.stage not in self.session.chain:
            return f"{self._short(use)} uses them, but takes no part yet: tick it among the steps of the Program tab."
        return f"{self._short(use)} uses them as {use.declared.title}; run it again."

    def stop_using(self, path: Path) -> None:
        """
        Let no parameter take a file any longer.

        Parameters
        ----------
        path : Path
            A kept file.
        """
        for use in self.uses_of(path):
            self.session.models[use.stage].reset(use.parameter)

    def _short(self, use: RegionUse) -> str:
        return self.session.models[use.stage].stage.short

    def use_drawn(self, stage: str, parameter: str, *, on_sky: bool = True) -> Path:
        """
        Keep what is drawn in the viewer as a DS9 file of the workspace, and give it to a parameter.

        Parameters
        ----------
        stage, parameter : str
            A parameter that takes a region file.
        on_sky : bool
            Whether the regions belong to the sky; else to the detector's pixels.

        Raises
        ------
        ParameterError
            If nothing is drawn, or what is drawn cannot be taken to the sky.
        """
        regions = taken_from(self.session.viewer.regions())
        exposure = self._exposure_of(regions) if on_sky else None
        path = keep_regions(regions, self.folder, f"{stage}_{parameter}", exposure)
        self.session.models[stage].set({parameter: str(path)})
        self.refresh()
        return path

    def _exposure_of(self, regions: Iterable[Region]) -> Any:
        """Return the exposure in the viewer, whose WCS takes to the sky what was drawn on it; None when all are there."""
        session = self.session
        if all(region.sky for region in regions):
            return None
        if session.previews.result is not None:
            return session.previews.result.before
        if session.shown is None:
            raise ParameterError("no image is shown", "the exposure on which was drawn", "show it again")
        return session.services.footprint(session.shown)

    # -- showing ------------------------------------------------------------

    def show(self, path: Path, show: bool = True) -> None:
        """
        Put the regions of a file on the image in view, or take them away.

        Parameters
        ----------
        path : Path
            One of `sets`.
        show : bool
            Whether they are to be seen.
        """
        others = tuple(other for other in self.shown if other != path)
        self.shown = (*others, path) if show and self.find(path) is not None else others

    def close(self) -> None:
        """Let go of what is being read."""
        self._listing.close()
        self._loading.close()
        self.unobserve_all()


def safe_name(name: str) -> str:
    """
    Return what a file may be called: letters, digits, dash and underscore, at most 60; "regions" for nothing.

    Parameters
    ----------
    name : str
        Any text.
    """
    return re.sub(r"[^A-Za-z0-9-]+", "_", name).strip("_-")[:60] or "regions"


def _read_sets(files: tuple[Path, ...]) -> tuple[RegionSet, ...]:
    sets = []
    for path in files:
        try:
            sets.append(RegionSet(path, read_regions(path)))
        except MiriWidgetsError as error:
            sets.append(RegionSet(path, (), str(error)))
    return tuple(sets)


def _copy_file(folder: Path, path: Path) -> Path:
    return keep_regions(read_regions(path), folder, safe_name(path.stem))


def _copy_bytes(folder: Path, name: str, content: bytes) -> Path:
    path = Path(Path(name).name or "regions.reg")
    return keep_regions(parse_regions(content, path), folder, safe_name(path.stem))
