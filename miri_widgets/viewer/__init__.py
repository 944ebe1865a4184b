"""The image viewer behind a small protocol; `make_viewer` creates one. Importing this imports no viewer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from miri_widgets.viewer.protocol import ImageViewer
from miri_widgets.viewer.view_values import View

if TYPE_CHECKING:
    from miri_widgets.viewer.base import DrawingViewer

__all__ = ["ImageViewer", "View", "make_viewer"]


def make_viewer(kind: Literal["auto", "jdaviz", "light"] = "auto", *, height: str = "620px") -> ImageViewer:
    """
    Create an image viewer; its widget exists at once, images are drawn a little later.

    Parameters
    ----------
    kind : {"auto", "jdaviz", "light"}
        "auto" is jdaviz, or the light viewer if jdaviz cannot be imported.
    height : str
        Height on the page, a CSS length.

    Returns
    -------
    ImageViewer
        See `miri_widgets.viewer.protocol`.
    """
    from miri_widgets.message_buffer import deliver_all
    from miri_widgets.viewer.deferred import DeferredViewer

    deliver_all()
    if kind == "light":
        return DeferredViewer(_import_light, _light, height=height)
    from miri_widgets.viewer.jdaviz.loading import import_jdaviz
    from miri_widgets.viewer.jdaviz.viewer import JdavizViewer

    fall_back = _light if kind == "auto" else None
    return DeferredViewer(import_jdaviz, partial(JdavizViewer, height), fall_back, height=height)


def _import_light() -> None:
    import miri_widgets.viewer.light_viewer  # noqa: F401


def _light() -> DrawingViewer:
    from miri_widgets.viewer.light_viewer import LightViewer

    return LightViewer()
