"""The visible part of an image in a jdaviz viewer: fitted to its figure, saved and restored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from miri_widgets.viewer.view_position import view_on_image, view_position_of

__all__ = ["Area"]

_MARGIN = 1.03
_FIT_DELAYS = (0.0, 0.4, 1.2)  # [s] after an image was loaded
_FIT_SECONDS = 15.0  # how long a figure may take to find its size


class Area:
    """
    The visible area.

    Parameters
    ----------
    viewer : callable
        Returns jdaviz' image viewer, or None before the first image.
    wcs : callable
        Returns the WCS of the axes of the viewer, or None.
    """

    def __init__(self, viewer: Callable[[], Any], wcs: Callable[[], Any]) -> None:
        self._viewer, self._wcs = viewer, wcs
        self._size: tuple[int, ...] = ()
        self._aim: Mapping[str, Any] | None = None
        self._waits = False
        self._fits = 0
        self._cache: tuple[Any, dict[str, Any] | None] = (None, None)

    def cancel_fits(self) -> None:
        """Keep the current area: cancel pending fits."""
        self._fits += 1
        self._waits = False

    def fit(self, size: tuple[int, ...], aim: Mapping[str, Any] | None = None) -> None:
        """
        Show all of an image, or the position `aim` on it, now and once the figure knows its size.

        Trap: jdaviz learns the shape of its figure from the browser, some time after an image was
        loaded, and then keeps the area in view, which cuts a wide figure. So this fits again then.

        Parameters
        ----------
        size : tuple of int
            Shape of the image (ny, nx).
        aim : mapping, optional
            View position; the whole image by default.
        """
        self._fits += 1
        self._size, self._aim = size, aim
        number = self._fits
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._fit(number)
            return
        self._waits = True
        if self._ratio(getattr(self._glue, "state", None)):  # else the first picture has the limits of before
            self._fit(number)
        for delay in _FIT_DELAYS:
            loop.call_later(delay, self._fit, number)
        loop.call_later(2 * _FIT_DELAYS[-1], self._rest, number)
        # Private: what the browser says about its views; absent in later versions, an image may be cut.
        listener = getattr(self._glue, "_vl", None)
        if listener is None:
            return

        def resized(_change: Any) -> None:
            loop.call_soon(self._fit, number)

        listener.observe(resized, "view_data")
        # after that a resize is the user's: what is in view stays
        loop.call_later(_FIT_SECONDS, lambda: listener.unobserve(resized, "view_data"))

    def refit(self, size: tuple[int, ...]) -> None:
        """
        Fit an image unless the previous one had the same size.

        Parameters
        ----------
        size : tuple of int
            Shape of the image (ny, nx).
        """
        if size != self._size:
            self.fit(size)

    def position(self) -> dict[str, Any] | None:
        """
        Return the view position; the target position while the figure has no size yet.

        Returns
        -------
        dict or None
            The position; None before the first image.
        """
        state = getattr(self._glue, "state", None)
        if state is None or not self._size:
            return None
        if self._aim is not None and (self._waits or not self._ratio(state)):
            return dict(self._aim)
        wcs = self._wcs()
        limits = tuple(float(getattr(state, name)) for name in ("x_min", "x_max", "y_min", "y_max"))
        if (limits, id(wcs)) != self._cache[0]:  # called often, and the transform to the sky is slow
            left, right, low, high = limits
            position = view_position_of(wcs, (left + right) / 2, (low + high) / 2, abs(right - left))
            self._cache = (limits, id(wcs)), position
        return None if self._cache[1] is None else dict(self._cache[1])

    @property
    def _glue(self) -> Any:
        # Private: the offered viewer tells neither its limits nor its size.
        return getattr(getattr(self._viewer(), "_obj", None), "glue_viewer", None)

    @staticmethod
    def _ratio(state: Any) -> float:
        """Return height over width of the figure; 0 while unknown."""
        return float(getattr(state, "_axes_aspect_ratio", None) or 0.0)

    def _rest(self, number: int) -> None:
        if number == self._fits:
            self._waits = False

    def _fit(self, number: int) -> None:
        viewer = self._viewer()
        if number != self._fits or viewer is None or len(self._size) != 2:
            return
        from echo import delay_callback

        # reset_limits() keeps the area of the view instead, and so cuts what is taller than the figure
        state = self._glue.state
        ratio = self._ratio(state)
        aimed = None if self._aim is None else view_on_image(self._wcs(), self._aim)
        if not ratio and aimed is None:
            viewer.reset_limits()
            return
        ny, nx = self._size
        ratio = ratio or 1.0
        x, y, width = aimed or ((nx - 1) / 2, (ny - 1) / 2, _MARGIN * max(nx, ny / ratio))
        height = width * ratio
        with delay_callback(state, "x_min", "x_max", "y_min", "y_max"):
            state.x_min, state.x_max = x - width / 2, x + width / 2
            state.y_min, state.y_max = y - height / 2, y + height / 2
