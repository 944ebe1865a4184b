"""Smooth surfaces under an exposure: sky, gradient and emission, from medians of boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, median_filter

from miri_widgets.core.levels.exposure_level import robust_sigma

__all__ = ["has_emission", "rest_at_scale", "smooth_surface"]


def smooth_surface(
    sci: NDArray[np.floating], good: NDArray[np.bool_], *, box: int = 32, scales: Sequence[float] = ()
) -> NDArray[np.float32]:
    """
    Return a smooth surface: medians of boxes, refined where there is finer structure.

    Parameters
    ----------
    sci : ndarray of float, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx)
        True where a pixel counts.
    box : int
        Side of a box, pixels.
    scales : sequence of float
        Refine with Gaussian means of these sigmas, pixels, of what the surface leaves; one after the other. Boxes
        alone are not moved by sources.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Finite everywhere; 0 when no pixel counts. Boxes with fewer than a tenth of their pixels are filled from
        their neighbours.

    Notes
    -----
    Each round takes the mean of the residual into the surface (Tukey's twicing). With (16, 10, 6, 6) waves longer
    than 45 pixels pass, also beside masks, where a single mean would lean to one side.
    """
    surface = _box_surface(sci, good, box)
    use = good & np.isfinite(sci)
    for scale in scales:
        surface += rest_at_scale(sci - surface, use, scale)
    return surface


def rest_at_scale(rest: NDArray[np.float32], use: NDArray[np.bool_], scale: float) -> NDArray[np.float32]:
    """
    Return the Gaussian mean of what a surface leaves; less than that far from any pixel that counts.

    Parameters
    ----------
    rest : ndarray of float32, shape (ny, nx)
        Not modified.
    use : ndarray of bool, shape (ny, nx)
        True where a pixel counts; finite there.
    scale : float
        Sigma, pixels.
    """
    weight = gaussian_filter(use.astype(np.float32), scale, mode="nearest", truncate=3.0)
    total = gaussian_filter(np.where(use, rest, np.float32(0)), scale, mode="nearest", truncate=3.0)
    return np.asarray(total / np.maximum(weight, np.float32(0.2)), np.float32)


def has_emission(rest: NDArray[np.float32], use: NDArray[np.bool_], *, ratio: float = 0.5) -> bool:
    """
    Tell whether boxes of 32 pixels were too coarse for what is under an exposure.

    Parameters
    ----------
    rest : ndarray of float32, shape (ny, nx)
        Exposure minus the surface of boxes. Not modified.
    use : ndarray of bool, shape (ny, nx)
        True where a pixel counts: no source.
    ratio : float
        Structure at a scale of 6 pixels over the noise of a pixel. Noise alone has 0.05, unresolved sources of a
        crowded field 0.2 to 0.3.
    """
    return robust_sigma(rest_at_scale(rest, use, 6.0)[use]) > ratio * robust_sigma(rest[use])


def _box_surface(sci: NDArray[np.floating], good: NDArray[np.bool_], box: int) -> NDArray[np.float32]:
    ny, nx = sci.shape
    rows, columns = -(-ny // box), -(-nx // box)
    padded = np.full((rows * box, columns * box), np.nan, np.float32)
    np.copyto(padded[:ny, :nx], sci, where=good & np.isfinite(sci), casting="same_kind")
    boxes = padded.reshape(rows, box, columns, box).transpose(0, 2, 1, 3).reshape(rows, columns, box * box)
    ranked, count = np.sort(boxes, axis=2), np.isfinite(boxes).sum(axis=2)
    low = np.take_along_axis(ranked, np.maximum(count - 1, 0)[..., None] // 2, axis=2)[..., 0]
    high = np.take_along_axis(ranked, count[..., None] // 2, axis=2)[..., 0]
    # an edge box may be narrow
    full = np.minimum(box, ny - box * np.arange(rows))[:, None] * np.minimum(
        box, nx - box * np.arange(columns)
    )
    known = count >= np.maximum(1, full // 10)
    if not known.any():
        return np.zeros((ny, nx), np.float32)
    medians = _filled(np.where(known, 0.5 * (low + high), 0.0).astype(np.float64), known)
    # straight on beyond the outer boxes, so that a gradient reaches the edge
    for axis in (0, 1):
        widths = [(2, 2) if other == axis else (0, 0) for other in (0, 1)]
        if medians.shape[axis] > 1:
            medians = np.pad(medians, widths, "reflect", reflect_type="odd")
        else:
            medians = np.pad(medians, widths, "edge")
    medians = median_filter(medians, 3, mode="nearest")
    grid = np.meshgrid(_positions(ny, box), _positions(nx, box), indexing="ij")
    return np.asarray(map_coordinates(medians, grid, order=1, mode="nearest"), np.float32)


def _positions(n: int, box: int) -> NDArray[np.float64]:
    """Where pixels lie in units of boxes, two boxes of padding included; the last box may be narrow."""
    starts = np.arange(0, n, box)
    centres = 0.5 * (starts + np.minimum(starts + box, n) - 1)
    first, last = (centres[1] - centres[0], centres[-1] - centres[-2]) if centres.size > 1 else (box, box)
    centres = np.concatenate([[centres[0] - first], centres, [centres[-1] + last]])
    return np.interp(np.arange(n), centres, np.arange(centres.size)) + 1.0


def _filled(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Fill what is not known from known neighbours, nearer ones first."""
    values, known = values.copy(), known.copy()
    sigma = 1.0
    while not known.all():
        weight = gaussian_filter(known.astype(float), sigma, mode="nearest")
        total = gaussian_filter(np.where(known, values, 0.0), sigma, mode="nearest")
        new = ~known & (weight > 1e-3)
        values[new] = total[new] / weight[new]
        known |= new
        sigma *= 2
    return values
