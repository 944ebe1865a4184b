"""
The inverse of a WCS that never folds: from the sky to the pixels of an array, made of the forward transform alone.

The inverse that comes with a WCS holds on the array and a little around it. Farther away the polynomials of a
distortion turn back, and a position minutes of arc away gets pixels in the middle of the detector; an iteration
that starts from them does not converge, or converges there. So no inverse of a WCS is called in this package:
regions, catalogues, marks and injected sources find their pixels here.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from miri_widgets.core.tangent_plane import from_plane, mean_position, to_plane
from miri_widgets.errors import InputError

__all__ = ["InverseWcs", "deferred_inverse", "inverse_wcs"]

ToSky = Callable[[Any, Any], tuple[Any, Any]]
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

_DEGREE = 7  # distortion polynomials of MIRI and SIP have at most 5; the projections around them are smooth
_NODES = 16  # a side
_MARGIN = 1 / 8  # of the longer side of the array: how far around it the WCS is followed
_LEAST_MARGIN = 32.0  # pixels
_FOLLOWED = (
    0.75  # of the margin; distortion moves positions by up to 8 pixels, which must not leave the margin
)
_TOLERANCE = 0.01  # pixels
_STEPS = 8  # of Newton's iteration; four reach 1e-9 pixel


class InverseWcs:
    """
    The tangent plane at the middle of an array, as a smooth function of its pixels, and the inverse of that.

    Parameters
    ----------
    to_sky : callable
        (x, y) in 0-based pixels to (ra, dec) in degrees, ICRS; arrays of one shape. It may be NaN beyond the array.
    shape : tuple of int
        (ny, nx) of the array.

    Attributes
    ----------
    shape : tuple of int
        (ny, nx).
    centre : tuple of float
        (RA, Dec) of the point of contact, degrees: the middle of the array.

    Raises
    ------
    InputError
        If the WCS has no positions on the array, or no smooth function of its pixels describes them.

    Notes
    -----
    Chebyshev polynomials of degree 7 in x and y follow the WCS on the array and an eighth of its size around; the
    constructor checks them to 0.01 pixel. There the inverse is Newton's iteration on them, started from the affine
    map that fits the array best. Beyond, the distortion stays what it is at the edge of that area::

        x(p) = x(c) + A (p - c)

    where A is the inverse of the affine map, p a position in the plane and c the nearest one within the area, both
    taken in pixels of the affine map. This is continuous and one to one, so that what is far stays far, at the right
    side and at about the right distance. The half of the sky that the plane does not see is NaN.
    """

    def __init__(self, to_sky: ToSky, shape: tuple[int, int]) -> None:
        self.shape = int(shape[0]), int(shape[1])
        ny, nx = self.shape
        margin = max(_MARGIN * max(ny, nx), _LEAST_MARGIN)
        self._middle = np.array([(nx - 1) / 2, (ny - 1) / 2])
        self._half = np.array([nx / 2 + margin, ny / 2 + margin])
        self._followed = np.array([nx, ny]) / 2 + _FOLLOWED * margin
        nodes = np.cos((np.arange(_NODES) + 0.5) * np.pi / _NODES)
        u, v = (part.ravel() for part in np.meshgrid(nodes, nodes))
        ra, dec = _called(to_sky, *self._pixels_of(u, v))
        known = np.isfinite(ra) & np.isfinite(dec)
        if known.sum() < (_DEGREE + 1) ** 2:
            # a WCS with a bounding box knows its array only
            u, v = (part.ravel() * (np.array([nx, ny]) / 2 / self._half)[axis]
                    for axis, part in enumerate(np.meshgrid(nodes, nodes)))  # fmt: skip
            ra, dec = _called(to_sky, *self._pixels_of(u, v))
            known = np.isfinite(ra) & np.isfinite(dec)
        if known.sum() < 16:
            raise _no_positions(self.shape)
        u, v, ra, dec = u[known], v[known], ra[known], dec[known]
        self.centre = mean_position(ra, dec)
        plane = np.column_stack(to_plane(ra, dec, self.centre))
        if not np.isfinite(plane).all():
            raise _no_positions(self.shape)
        degree = _DEGREE if known.sum() >= 1.5 * (_DEGREE + 1) ** 2 else 2
        design = chebyshev.chebvander2d(u, v, [degree, degree])
        solution = np.linalg.lstsq(design, plane, rcond=None)[0]
        self._series = solution.reshape(degree + 1, degree + 1, 2)
        self._fit_affine()
        self._check(to_sky)

    def _pixels_of(self, u: NDArray, v: NDArray) -> Pair:
        return self._middle[0] + u * self._half[0], self._middle[1] + v * self._half[1]

    def _units(self, x: ArrayLike, y: ArrayLike) -> Pair:
        return (
            (np.asarray(x, float) - self._middle[0]) / self._half[0],
            (np.asarray(y, float) - self._middle[1]) / self._half[1],
        )

    def _fit_affine(self) -> None:
        edge = np.linspace(-0.5, 0.5, 9)
        x, y = (part.ravel() for part in np.meshgrid(*(edge * side for side in self.shape[::-1])))
        plane = np.column_stack(self.plane(x + self._middle[0], y + self._middle[1]))
        design = np.column_stack([x, y, np.ones_like(x)])
        affine = np.linalg.lstsq(design, plane, rcond=None)[0]
        self._matrix, self._origin = affine[:2].T, affine[2]
        if not abs(np.linalg.det(self._matrix)) > 0:
            raise _no_positions(self.shape)
        self._inverse = np.linalg.inv(self._matrix)

    def _check(self, to_sky: ToSky) -> None:
        ny, nx = self.shape
        x, y = (part.ravel() for part in np.meshgrid(np.linspace(0, nx - 1, 11), np.linspace(0, ny - 1, 11)))
        ra, dec = _called(to_sky, x, y)
        wanted = np.column_stack(to_plane(ra, dec, self.centre))
        off = (wanted - np.column_stack(self.plane(x, y))) @ self._inverse.T
        known = np.isfinite(ra) & np.isfinite(dec)
        if not known.any() or not (np.abs(off[known]) < _TOLERANCE).all():
            raise _no_positions(self.shape)

    @property
    def scale(self) -> float:
        """Side of a pixel in the middle, arcsec: the root of its area."""
        return float(abs(np.linalg.det(self._matrix)) ** 0.5)

    def plane(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """
        Return where pixels lie in the tangent plane.

        Parameters
        ----------
        x, y : array_like
            0-based pixels, on the array or within an eighth of its size around it.

        Returns
        -------
        east, north : ndarray
            Arcsec from `centre`.
        """
        u, v = self._units(x, y)
        result = chebyshev.chebval2d(u, v, self._series)
        return result[0], result[1]

    def to_sky(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """
        Return (RA, Dec) of pixels, degrees; on the array and within an eighth of its size around it.

        Parameters
        ----------
        x : array_like
            Columns, 0-based pixels.
        y : array_like
            Rows, 0-based pixels.
        """
        return from_plane(*self.plane(x, y), self.centre)

    def pixels(self, east: ArrayLike, north: ArrayLike) -> Pair:
        """
        Return the pixels of positions in the tangent plane; NaN for NaN.

        Parameters
        ----------
        east, north : array_like
            Arcsec from `centre`.

        Returns
        -------
        x, y : ndarray
            0-based pixels, on the array or anywhere beyond.
        """
        position = np.stack(np.broadcast_arrays(np.asarray(east, float), np.asarray(north, float)), axis=-1)
        rough = (position - self._origin) @ self._inverse.T
        near = np.clip(rough, -self._followed, self._followed)
        goal = near @ self._matrix.T + self._origin
        result = near.copy()
        for _ in range(_STEPS):
            u, v = result[..., 0] / self._half[0], result[..., 1] / self._half[1]
            miss = np.stack(tuple(chebyshev.chebval2d(u, v, self._series)), axis=-1) - goal
            change = np.stack(_solved(self._slopes(u, v), miss), axis=-1)
            result -= change
            if not (np.abs(change) > 1e-10).any():
                break
        result += rough - near + self._middle
        return result[..., 0], result[..., 1]

    def _slopes(self, u: NDArray, v: NDArray) -> tuple[NDArray, NDArray]:
        along = chebyshev.chebval2d(u, v, chebyshev.chebder(self._series, axis=0)) / self._half[0]
        across = chebyshev.chebval2d(u, v, chebyshev.chebder(self._series, axis=1)) / self._half[1]
        return along, across

    def __call__(self, ra: ArrayLike, dec: ArrayLike) -> Pair:
        """
        Return the pixels of positions on the sky.

        Parameters
        ----------
        ra, dec : array_like
            Degrees, ICRS, of one shape.

        Returns
        -------
        x, y : ndarray
            0-based pixels, far from the array for positions far from it; NaN for the half of the sky behind.
        """
        return self.pixels(*to_plane(ra, dec, self.centre))


def inverse_wcs(to_sky: ToSky, shape: tuple[int, int]) -> InverseWcs:
    """
    Return the inverse of a WCS, kept as long as the WCS is.

    Parameters
    ----------
    to_sky : callable
        See `InverseWcs`; it must give the same positions each time.
    shape : tuple of int
        (ny, nx) of the array.

    Raises
    ------
    InputError
        See `InverseWcs`.
    """
    try:
        kept = _KEPT.setdefault(to_sky, {})
    except TypeError:  # neither hashed nor referred to weakly
        return InverseWcs(to_sky, shape)
    if shape not in kept:
        kept[shape] = InverseWcs(to_sky, shape)
    return kept[shape]


def deferred_inverse(to_sky: ToSky, shape: tuple[int, int]) -> ToSky:
    """
    Return what calls `inverse_wcs` when it is first used: few exposures are asked for pixels.

    Parameters
    ----------
    to_sky : ToSky
        Maps pixels to (RA, Dec), as for `inverse_wcs`.
    shape : tuple of int
        (ny, nx).
    """

    def to_pixel(ra: ArrayLike, dec: ArrayLike) -> Pair:
        return inverse_wcs(to_sky, shape)(ra, dec)

    return to_pixel


_KEPT: weakref.WeakKeyDictionary[Any, dict[tuple[int, int], InverseWcs]] = weakref.WeakKeyDictionary()


def _called(to_sky: ToSky, x: NDArray, y: NDArray) -> Pair:
    ra, dec = to_sky(x, y)
    return np.asarray(ra, float), np.asarray(dec, float)


def _solved(slopes: tuple[NDArray, NDArray], miss: NDArray) -> Pair:
    """Solve the two equations of Newton's step at every position."""
    (ax, ay), (bx, by) = slopes
    determinant = ax * by - bx * ay
    return (
        (miss[..., 0] * by - bx * miss[..., 1]) / determinant,
        (ax * miss[..., 1] - miss[..., 0] * ay) / determinant,
    )


def _no_positions(shape: tuple[int, int]) -> InputError:
    return InputError(
        f"world coordinates that give no smooth sky positions on an array of {shape[1]} x {shape[0]} pixels",
        "the WCS of an image of one field",
        "run image2 again",
    )
