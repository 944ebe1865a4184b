"""The part of an image that a jdaviz viewer shows: fitted to its figure, remembered, brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from miri_widgets.viewer.view_position import place_of, place_on

__all__ = ["Area"]

_MARGIN = 1.03
_FIT_DELAYS = (0.0, 0.4, 1.2)  # [s] after an image was loaded
_FIT_SECONDS = 15.0  # how long a figure may take to find its size


class Area:
    """
    What is in view.

    Parameters
    ----------
    viewer : callable
        Gives jdaviz' image viewer, or None before the first image.
    wcs : callable
        Gives the WCS that belongs to the axes of the viewer, or None.
    """

    def __init__(self, viewer: Callable[[], Any], wcs: Callable[[], Any]) -> None:
        self._viewer, self._wcs = viewer, wcs
        self._size: tuple[int, ...] = ()
        self._aim: Mapping[str, Any] | None = None
        self._waits = False
        self._fits = 0
        self._told: tuple[Any, dict[str, Any] | None] = (None, None)

    def hold(self) -> None:
        """Leave what is in view as it is: what waits to show all of the image would take it away again."""
        self._fits += 1
        self._waits = False

    def fit(self, size: tuple[int, ...], aim: Mapping[str, Any] | None = None) -> None:
        """
        Show all of an image, or the place `aim` on it, now and when the figure has found its size.

        Trap: jdaviz learns the shape of its figure from the browser, some time after an image was
        loaded, and then keeps the area in view, which cuts a wide figure. So this fits again then.
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
        """Fit an image unless the one before had the same size."""
        if size != self._size:
            self.fit(size)

    def place(self) -> dict[str, Any] | None:
        """Return what is in view; what is aimed at, as long as the figure has no size yet."""
        state = getattr(self._glue, "state", None)
        if state is None or not self._size:
            return None
        if self._aim is not None and (self._waits or not self._ratio(state)):
            return dict(self._aim)
        wcs = self._wcs()
        limits = tuple(float(getattr(state, name)) for name in ("x_min", "x_max", "y_min", "y_max"))
        if (limits, id(wcs)) != self._told[0]:  # asked often, and the way to the sky is long
            left, right, low, high = limits
            found = place_of(wcs, (left + right) / 2, (low + high) / 2, abs(right - left))
            self._told = (limits, id(wcs)), found
        return None if self._told[1] is None else dict(self._told[1])

    @property
    def _glue(self) -> Any:
        # Private: the offered viewer tells neither its limits nor its size.
        return getattr(getattr(self._viewer(), "_obj", None), "glue_viewer", None)

    @staticmethod
    def _ratio(state: Any) -> float:
        """Height of the figure over its width; 0 while it is not known."""
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
        aimed = None if self._aim is None else place_on(self._wcs(), self._aim)
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
