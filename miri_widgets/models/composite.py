"""The colour composite of a program: its mosaics, how they become colours, the part on the screen, and saved pictures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from miri_widgets.analysis.composite_images import (
    CompositeImages,
    Viewport,
    read_composite,
    screen_area,
    screen_images,
)
from miri_widgets.core.composite import CompositeMapping, composite_rgb
from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.capabilities import HasPlans
from miri_widgets.models.history import UserChange
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.file_hash import file_stamps
from miri_widgets.products.names import suffix_of
from miri_widgets.report.annotations import PictureAnnotations
from miri_widgets.report.composite_files import (
    composite_code,
    picture_source,
    write_composite,
)
from miri_widgets.report.sky_maps import write_hips, write_moc
from miri_widgets.run.status_rows import RowState

__all__ = ["SUFFIXES", "CompositeModel"]

SUFFIXES = (".png", ".jpg", ".tif", ".pdf")
"""Formats of a saved picture."""

MOSAIC_STAGE = "image3"
_SUBJECT = ("colour composite",)  # of its changes among those of the page
_ONE_MOVE = 0.7
"""Changes of one value that follow each other within this time are one move of a slider, s."""


class CompositeModel(traitlets.HasTraits):
    """
    Observable colour composite.

    Mosaics are read only while `awake`, that is while somebody sees the picture.

    Parameters
    ----------
    session : HasPlans
        The session whose mosaics these are.
    """

    awake = traitlets.Bool(False, help="whether the picture is on the page")
    mosaics = traitlets.Tuple(help="the mosaics of the current settings, a Path each")
    images = traitlets.Instance(CompositeImages, allow_none=True, help="the mosaics, read")
    mapping = traitlets.Instance(CompositeMapping, allow_none=True, help="how they become colours")
    viewport = traitlets.Instance(Viewport, (), help="the part on the screen")
    size = traitlets.Tuple((800, 800), help="(height, width) of the screen area, pixels")
    area = traitlets.Instance(Viewport, (), help="the part that `picture` shows, in whole blocks of pixels")
    picture: Any = traitlets.Any(
        None, help="red, green, blue as uint8, shape (ny, nx, 3); the first row at the bottom"
    )
    working = traitlets.Bool(False, help="whether mosaics are being read")
    sentence = traitlets.Unicode("", help="why there is no picture, or what must be known about it")
    scale_bar = traitlets.Bool(True, help="whether a saved picture has a scale bar")
    compass = traitlets.Bool(True, help="whether a saved picture has arrows to the north and east")
    attribution = traitlets.Bool(True, help="whether a saved picture names program and filters")
    suffix = traitlets.Enum(SUFFIXES, ".png", help="format of a saved picture")
    saving = traitlets.Bool(False, help="whether a file is being written")
    saved = traitlets.Tuple(help="the files that were written last, a Path each")
    save_sentence = traitlets.Unicode("", help="why the last file could not be written")

    def __init__(self, session: HasPlans) -> None:
        super().__init__()
        self.session = session
        self._last_change: tuple[tuple[object, ...], float] = (), 0.0
        self._recalled: Mapping[str, Any] = {}
        self._reading = BackgroundValue(session.background)
        self._binning = BackgroundValue(session.background)
        self._painting = BackgroundValue(session.background)
        self._writing = BackgroundValue(session.background)
        self._reading.observe(self._take_images, ["value", "sentence", "working"])
        self._binning.observe(self._paint, ["value"])
        self._painting.observe(self._take_picture, ["value"])
        self._writing.observe(self._take_saved, ["value", "sentence", "working"])
        self._watches = Subscriptions()
        if MOSAIC_STAGE in session.models:
            self._watches.add(session.models[MOSAIC_STAGE], self._follow, "rows", "products")
        self._watches.add(session.programs, self._follow, "mosaics")
        self.observe(self._follow, ["awake"])
        self.observe(self._bin, ["images", "viewport", "size"])
        self.observe(self._paint, ["mapping"])

    # -- following ----------------------------------------------------------

    def _follow(self, _: object) -> None:
        """Take the mosaics of now; read them while the picture is on the page."""
        stage = self.session.models.get(MOSAIC_STAGE)
        rows = stage.rows if stage is not None else ()
        own = tuple(
            path
            for row in rows
            if row.state == RowState.DONE
            for path in row.products
            if suffix_of(path) == "i2d"
        )
        # a folder may hold mosaics and nothing to reduce
        self.mosaics = own or tuple(mosaic.path for mosaic in self.session.programs.mosaics)
        if not self.awake or self.session.closed:
            return
        if self.mosaics:
            self._reading.request((self.mosaics, file_stamps(self.mosaics)), read_composite, self.mosaics)
        else:
            self._reading.clear()
            self.sentence = "No mosaic yet: run Image 3, and the composite of its filters appears here."

    def _take_images(self, _: object) -> None:
        images = self._reading.value
        if images is not None and images is not self.images:
            mapping = self._mapping_for(images)
            with self.hold_trait_notifications():
                self.images, self.mapping, self.viewport = images, mapping, Viewport()
        elif images is None and not self._reading.working:
            with self.hold_trait_notifications():
                self.images, self.mapping, self.picture = None, None, None
        with self.hold_trait_notifications():
            self.working = self._reading.working
            self.sentence = self._reading.sentence or (" ".join(images.notes) if images is not None else "")

    def _mapping_for(self, images: CompositeImages) -> CompositeMapping:
        """The settings of before when they are for these filters, also those of the last visit; else those of the data."""
        current = self.mapping
        if current is None and "mapping" in self._recalled:
            try:
                current = CompositeMapping.from_dict(self._recalled["mapping"])
            except (ValueError, MiriWidgetsError):
                current = None
        if current is not None and current.filters == images.filters:
            return current
        return images.start

    def _bin(self, _: object) -> None:
        if self.images is not None:
            key = (self.images, self.viewport, self.size)
            self._binning.request(key, _binned, self.images, self.viewport, self.size)

    def _paint(self, _: object) -> None:
        binned = self._binning.value
        if binned is not None and self.mapping is not None and binned.images is self.images:
            self._painting.request((binned, self.mapping), _painted, binned, self.mapping)

    def _take_picture(self, _: object) -> None:
        if self._painting.value is not None and self.images is not None:
            viewport, size, picture = self._painting.value
            ny, nx = self.images.shape
            rows, columns, factor = screen_area((ny, nx), viewport, size)
            with self.hold_trait_notifications():
                self.area = Viewport(
                    columns.start / nx,
                    rows.start / ny,
                    (columns.start + factor * picture.shape[1]) / nx,
                    (rows.start + factor * picture.shape[0]) / ny,
                )
                self.picture = picture

    # -- choosing -------------------------------------------------------------

    def set_mapping(self, **values: Any) -> None:
        """
        Change settings of the whole picture.

        Parameters
        ----------
        **values
            Fields of `CompositeMapping`.

        Raises
        ------
        ParameterError
            If one is not allowed; nothing is changed then.
        """
        if self.mapping is not None:
            self._change(replace(self.mapping, **values))

    def set_channel(self, name: str, **values: Any) -> None:
        """
        Change how a filter enters the picture.

        Parameters
        ----------
        name : str
            The filter.
        **values
            Fields of `Channel`.

        Raises
        ------
        ParameterError
            If one is not allowed, or the filter is not there; nothing is changed then.
        """
        if self.mapping is None:
            return
        channels, known = self.mapping.channels, self.mapping.filters
        if name not in known:
            problem = f"no filter {name[:40]!r} in the picture"
            raise ParameterError(problem, f"one of {', '.join(known)}", "choose one of them")
        changed = (replace(each, **values) if each.filter == name else each for each in channels)
        self.set_mapping(channels=tuple(changed))

    def _change(self, mapping: CompositeMapping) -> None:
        if self.mapping is None or mapping == self.mapping:
            return
        subject, now = _difference(self.mapping, mapping), time.monotonic()
        is_new = subject != self._last_change[0] or now - self._last_change[1] > _ONE_MOVE
        self._last_change = subject, now
        change = UserChange("colour composite", _SUBJECT, self.mapping, mapping, self._take_back)
        self.mapping = mapping
        self.session.history.add(change, extends=not is_new)

    def _take_back(self, mapping: CompositeMapping) -> None:
        """Take the settings of an Undo or a Redo, if they are for the filters in the picture."""
        self._last_change = (), 0.0
        if self.mapping is not None and mapping.filters == self.mapping.filters:
            self.mapping = mapping

    def show_part(self, left: float, bottom: float, right: float, top: float, size: tuple[int, int]) -> None:
        """
        Choose the part on the screen.

        Parameters
        ----------
        left, bottom, right, top : float
            Edges, as for `Viewport`; what is no part of the picture shows all of it.
        size : tuple of int
            (height, width) of the screen area, pixels.
        """
        valid = 0 <= left < right <= 1 and 0 <= bottom < top <= 1
        with self.hold_trait_notifications():
            self.viewport = Viewport(left, bottom, right, top) if valid else Viewport()
            self.size = (max(size[0], 1), max(size[1], 1))

    def undo(self) -> None:
        """Take the last change of the composite back, also where other changes of the page came later."""
        self.session.history.undo_of(_SUBJECT)

    def reset(self) -> None:
        """Begin again with the values of the data; `undo` takes that back."""
        if self.images is not None:
            self._last_change = (), 0.0
            self._change(self.images.start)

    # -- saving ---------------------------------------------------------------

    @property
    def annotations(self) -> PictureAnnotations:
        """What a saved picture has written into it."""
        text = ""
        if self.attribution and self.images is not None and self.mapping is not None:
            text = picture_source(self.images, self.mapping).attribution()
        return PictureAnnotations(self.scale_bar, self.compass, text)

    @property
    def folder(self) -> Path:
        """Where pictures are saved: ``composites`` of the workspace."""
        return self.session.program.workspace / "composites"

    @property
    def output(self) -> Path:
        """The picture that `save` writes."""
        filters = "_".join(channel.filter.lower() for channel in self.mapping.channels if channel.weight > 0) if self.mapping else ""  # fmt: skip
        name = Path(self.session.program.name).name
        return self.folder / ("_".join(filter(None, (name, filters))) + self.suffix)

    def save(self) -> None:
        """Write the picture at full resolution into the workspace; `saved` names the files, `save_sentence` says why not."""
        if self.images is None or self.mapping is None:
            self.save_sentence = self.sentence or "There is no picture yet: wait for the mosaics."
            return
        self._writing.request(
            object(), write_composite, self.images, self.mapping, self.output, self.annotations
        )

    def save_moc(self) -> None:
        """Write the area that the mosaics cover as a MOC into the workspace."""
        if self.images is not None:
            self._writing.request(object(), write_moc, self.images, self.folder, self.output.stem)

    def save_hips(self) -> None:
        """Write the picture as a HiPS into the workspace, for Aladin and other sky browsers."""
        if self.images is not None and self.mapping is not None:
            self._writing.request(
                object(), write_hips, self.images, self.mapping, self.folder, self.output.stem
            )

    def _take_saved(self, _: object) -> None:
        result = self._writing.value
        with self.hold_trait_notifications():
            self.saving, self.save_sentence = self._writing.working, self._writing.sentence
            if result is not None:
                self.saved = (result.picture, result.record) if hasattr(result, "record") else (result,)

    def code(self, workspace: Path | None = None) -> str:
        """
        Return Python that writes the same picture; empty without one.

        Parameters
        ----------
        workspace : Path, optional
            A folder that the code calls ``WORKSPACE``.
        """
        if self.images is None or self.mapping is None:
            return ""
        return composite_code(self.images.paths, self.output, self.mapping, self.annotations, workspace)

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, as plain values, for the session file; empty when nothing was."""
        if self.mapping is None or self.images is None:
            return dict(self._recalled)
        names = ("scale_bar", "compass", "attribution", "suffix")
        return {"mapping": self.mapping.to_dict(), **{name: getattr(self, name) for name in names}}

    def recall(self, values: Mapping[str, Any]) -> None:
        """
        Take the choices of a session file; what is not allowed is left out.

        Parameters
        ----------
        values : mapping
            As `choices` gives them.
        """
        self._recalled = dict(values) if isinstance(values, Mapping) else {}
        for name in ("scale_bar", "compass", "attribution", "suffix"):
            if name in self._recalled:
                try:
                    setattr(self, name, self._recalled[name])
                except traitlets.TraitError:
                    continue

    def close(self) -> None:
        """Let go of everything that is watched and of what is at work."""
        self._watches.end()
        for value in (self._reading, self._binning, self._painting, self._writing):
            value.close()
        self.unobserve_all()


@dataclass(frozen=True, eq=False)
class _Binned:
    """Parts of images at the resolution of the screen, with what they were made for."""

    images: CompositeImages
    viewport: Viewport
    size: tuple[int, int]
    parts: tuple[NDArray[np.float32], ...]


def _difference(before: CompositeMapping, after: CompositeMapping) -> tuple[object, ...]:
    """Return which fields differ, those of channels with their number."""
    pairs: list[tuple[int, Any, Any]] = [
        (-1, before, after),
        *zip(range(99), before.channels, after.channels, strict=False),
    ]
    return tuple(
        (number, field.name)
        for number, first, second in pairs
        for field in fields(first)
        if getattr(first, field.name) != getattr(second, field.name)
    )


def _binned(images: CompositeImages, viewport: Viewport, size: tuple[int, int]) -> _Binned:
    return _Binned(images, viewport, size, screen_images(images.images, viewport, size))


def _painted(
    binned: _Binned, mapping: CompositeMapping
) -> tuple[Viewport, tuple[int, int], NDArray[np.uint8]]:
    picture = (composite_rgb(binned.parts, mapping) * 255 + 0.5).astype(np.uint8)
    return binned.viewport, binned.size, picture
