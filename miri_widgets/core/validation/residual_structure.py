"""What an empty exposure still shows: noise in apertures, columns and rows, gradients, and what moves with the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.levels.exposure_level import clipped_level
from miri_widgets.core.levels.surfaces import smooth_surface
from miri_widgets.core.stacks.source_masks import binned, source_mask, unbinned
from miri_widgets.core.validation.injection import bright_mask, pixel_noise, usable_imager

__all__ = [
    "STRUCTURES", "Boxes", "Field", "aperture_sums", "aperture_weights", "boxes_of", "empty_apertures", "field_of",
    "stamps", "structures",
]  # fmt: skip

STRUCTURES = ("column_rms", "row_rms", "gradient", "box_rms")
"""Names of the figures of `structures`."""

BOX = 32
_MOST_APERTURES = 1000
_LEAST_LINE = 40
_TINY = 1e-30

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Field:
    """
    Where an exposure is usable, and where it is empty.

    Attributes
    ----------
    usable, free : ndarray of bool, shape (ny, nx)
        Good pixels of the imager; those of them without sources.
    compact : ndarray of bool, shape (ny, nx)
        Pixels near bright compact sources.
    noise : float
        Of one pixel, unit of the exposure.
    """

    usable: Mask
    free: Mask
    compact: Mask
    noise: float

    @property
    def masked_fraction(self) -> float:
        """Part of the usable pixels that lies under sources."""
        usable = int(self.usable.sum())
        return 1 - float(self.free.sum()) / usable if usable else 0.0


def field_of(arrays: ExposureArrays) -> Field:
    """
    Find the sources of an exposure whose sky is still there.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure. Not modified.

    Notes
    -----
    A surface of medians of 64 pixels is taken away, and what stands out is masked; twice, the second surface without
    the sources of the first.
    """
    usable = usable_imager(arrays)
    noise = pixel_noise(arrays, usable)
    mask = np.zeros(arrays.shape, bool)
    for _ in range(2):
        flat = arrays.sci - smooth_surface(arrays.sci, usable & ~mask, box=64)
        small = binned(np.where(usable, flat, np.float32(np.nan)))
        mask = unbinned(source_mask(small, fwhm=arrays.fwhm / 2), arrays.shape)
    return Field(usable, usable & ~mask, bright_mask(arrays, usable, noise), noise)


def aperture_weights(
    radius: float, inner: float, outer: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the weights of a circle and of the ring around it.

    Parameters
    ----------
    radius : float
        Radius of the circle, pixels.
    inner, outer : float
        Radii between which the ring lies, pixels.

    Returns
    -------
    circle, ring : ndarray, shape (k, k)
        Part of each pixel inside the circle (tenths of a pixel), and 1 on the pixels of the ring.
    """
    half = int(np.ceil(outer)) + 1
    axis = np.arange(-half, half + 1)
    fine = (np.arange(10 * axis.size) + 0.5) / 10 - half - 0.5
    inside = np.hypot(fine[:, None], fine[None, :]) <= radius
    circle = inside.reshape(axis.size, 10, axis.size, 10).mean(axis=(1, 3))
    distance = np.hypot(axis[:, None], axis[None, :])
    return circle, ((distance >= inner) & (distance <= outer)).astype(float)


def stamps(image: NDArray, x: NDArray[np.intp], y: NDArray[np.intp], size: int) -> NDArray:
    """
    Return cut-outs of `size` pixels around n pixels, all of them inside; shape (n, size, size).

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        What is cut.
    x, y : ndarray of int, shape (n,)
        Middle pixels, 0-based, at least ``size // 2`` from all edges.
    size : int
        Side of a cut-out, pixels; odd.
    """
    steps = np.arange(size) - size // 2
    return image[y[:, None, None] + steps[:, None], x[:, None, None] + steps]


def empty_apertures(
    free: Mask, *, radius: float, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """
    Choose apertures without sources and bad pixels, on a jittered grid.

    Parameters
    ----------
    free : ndarray of bool, shape (ny, nx)
        Usable pixels without sources.
    radius : float
        Of the circles, pixels; the rings around them reach to four times that.
    rng : Generator
        Where the grid begins, and which are left out when there are more than 1000.

    Returns
    -------
    x, y : ndarray of int, shape (n,)
        Middles. Circles hold free pixels alone, rings at least 60 per cent of them.
    """
    circle, ring = aperture_weights(radius, 2 * radius, 4 * radius)
    half, step = circle.shape[0] // 2, max(2 * int(np.ceil(radius)) + 1, 3)
    first = rng.integers(0, step, 2)
    rows = np.arange(half + first[0], free.shape[0] - half, step)
    columns = np.arange(half + first[1], free.shape[1] - half, step)
    y, x = (part.ravel() for part in np.meshgrid(rows, columns, indexing="ij"))
    order = rng.permutation(x.size)
    chosen: list[int] = []
    for start in range(0, order.size, 1024):
        some = order[start : start + 1024]
        cut = stamps(free, x[some], y[some], circle.shape[0])
        whole = ~np.any((circle > 0) & ~cut, axis=(1, 2))
        whole &= (cut * ring).sum(axis=(1, 2)) >= 0.6 * ring.sum()
        chosen += some[whole].tolist()
        if len(chosen) >= _MOST_APERTURES:
            break
    kept = np.sort(np.array(chosen[:_MOST_APERTURES], np.intp))
    return x[kept], y[kept]


def aperture_sums(
    arrays: ExposureArrays, free: Mask, x: NDArray[np.intp], y: NDArray[np.intp], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return sums in empty apertures above the mean of their rings, and the error that ERR gives them.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure; its SCI and ERR are used.
    free : ndarray of bool, shape (ny, nx)
        Pixels without sources and flags.
    x, y : ndarray of int, shape (n,)
        Middle pixels of the apertures, 0-based.
    radius : float
        Of the apertures, pixels.
    """
    circle, ring = aperture_weights(radius, 2 * radius, 4 * radius)
    size, area = circle.shape[0], circle.sum()
    rings = ring * stamps(free, x, y, size)
    weights = circle - area * rings / rings.sum(axis=(1, 2), keepdims=True)
    values = np.where(weights != 0, stamps(arrays.sci, x, y, size), 0.0)
    err = np.where(weights != 0, stamps(arrays.err, x, y, size), 0.0)
    return (weights * values).sum(axis=(1, 2)), np.sqrt(
        (weights**2 * err.astype(float) ** 2).sum(axis=(1, 2))
    )


def structures(sci: NDArray[np.floating], free: Mask) -> dict[str, tuple[float, float]]:
    """
    Measure what is left in the empty pixels of an exposure.

    Parameters
    ----------
    sci : ndarray of float, shape (ny, nx)
        Not modified.
    free : ndarray of bool, shape (ny, nx)
        Usable pixels without sources.

    Returns
    -------
    dict of str to (float, float)
        For each of `STRUCTURES` the figure and its error, in the unit of `sci`; NaN when there are too few pixels.

    Notes
    -----
    ``column_rms`` and ``row_rms``: rms of the medians of columns and rows above a surface of boxes, in excess of what
    noise gives them. ``gradient``: range over the field of the plane through the medians of boxes of 32 pixels.
    ``box_rms``: rms of these medians about the plane, in excess of noise. The noise is the scatter of the pixels about
    the surface, not ERR; the variance of a median is 1.57 times that of a mean.
    """
    flat = np.where(free, sci - smooth_surface(sci, free, box=BOX), np.nan).astype(np.float32)
    # an eighth of the pixels tells it to half a per cent
    noise = clipped_level(flat[free][np.newaxis, ::8]).sigma
    figures = {}
    for name, axis in (("column_rms", 0), ("row_rms", 1)):
        count = free.sum(axis=axis)
        enough = count >= _LEAST_LINE
        lines = flat[:, enough] if axis == 0 else flat[enough]
        middle = np.nanmedian(lines, axis=axis) if enough.any() else np.zeros(0)
        figures[name] = _excess(middle, noise, count[enough])
    figures |= _box_figures(boxes_of(np.where(free, sci, np.nan), BOX), noise)
    return {name: figures[name] for name in STRUCTURES}


def _excess(values: NDArray[np.floating], noise: float, count: NDArray[np.integer]) -> tuple[float, float]:
    """Rms beyond noise of medians of `count` pixels each, and its error."""
    if values.size < 8:
        return float("nan"), float("nan")
    expected = float(np.mean(1.57 * noise**2 / count))
    power = float(np.mean(np.asarray(values, float) ** 2))
    rms = max(power - expected, 0.0) ** 0.5
    power_err = power * (2 / values.size) ** 0.5
    # without any structure or noise both are exactly zero
    return rms, float(power_err / (2 * max(rms, power_err**0.5, _TINY)))


@dataclass(frozen=True, eq=False)
class Boxes:
    """Medians of boxes of an exposure: `value` and `count` of shape (my, mx), and the box `side` in pixels."""

    value: NDArray[np.float64]
    count: NDArray[np.intp]
    side: int


def boxes_of(values: NDArray[np.floating], side: int) -> Boxes:
    """
    Return medians of the finite values in whole boxes; NaN where less than a quarter of a box is finite.

    Parameters
    ----------
    values : ndarray of float, shape (ny, nx)
        An image; NaN where a pixel does not count.
    side : int
        Side of a box, pixels; incomplete boxes at the far edges are left out.
    """
    my, mx = values.shape[0] // side, values.shape[1] // side
    cut = np.asarray(values[: my * side, : mx * side], np.float32).reshape(my, side, mx, side)
    ranked = np.sort(cut.transpose(0, 2, 1, 3).reshape(my, mx, side * side), axis=2)
    count: NDArray[np.intp] = np.asarray(np.isfinite(ranked).sum(axis=2), np.intp)
    low, high = (
        np.take_along_axis(ranked, np.maximum(where, 0)[..., np.newaxis], axis=2)[..., 0].astype(np.float64)
        for where in ((count - 1) // 2, np.minimum(count // 2, side * side - 1))
    )
    middle = np.where(count >= side * side / 4, 0.5 * (low + high), np.nan)
    return Boxes(middle, count, side)


def _box_figures(boxes: Boxes, noise: float) -> dict[str, tuple[float, float]]:
    known = np.isfinite(boxes.value)
    if known.sum() < 12:
        return dict.fromkeys(("gradient", "box_rms"), (float("nan"), float("nan")))
    rows, columns = np.nonzero(known)
    y, x = rows * float(boxes.side), columns * float(boxes.side)
    value, count = np.asarray(boxes.value[known], np.float64), boxes.count[known]
    basis = np.column_stack([np.ones_like(x), x - x.mean(), y - y.mean()])
    slopes = np.linalg.lstsq(basis, value, rcond=None)[0]
    rest = value - basis @ slopes
    spans = np.array([0.0, np.ptp(x), np.ptp(y)])
    # boxes are not independent where there is structure: a quarter of them counts
    cover = np.linalg.pinv(basis.T @ basis) * float(np.mean(rest**2)) * 4
    error = float(np.sqrt(np.sum(spans**2 * np.diag(cover))))
    return {"gradient": (float(np.abs(slopes * spans).sum()), error), "box_rms": _excess(rest, noise, count)}
