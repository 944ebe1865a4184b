"""The sky beneath stripes as a sheet of cubic splines, as rough as it may be from place to place."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.interpolate import BSpline

__all__ = ["SkySplines"]

_SPACING = 24.0  # pixels between knots


class SkySplines:
    """
    A sheet of cubic splines over an area.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the area, pixels.

    Attributes
    ----------
    rows, columns : ndarray of float64, shape (my,) and (mx,)
        Where the splines have their middles, pixels.
    along_rows, along_columns : ndarray of float64, shape (ny, my) and (nx, mx)
        Values of the splines at the pixels.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.along_rows, self.rows = _splines(shape[0])
        self.along_columns, self.columns = _splines(shape[1])

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.rows.size * self.columns.size

    def sheet(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the sheet at the pixels, shape (ny, nx).

        Parameters
        ----------
        coefficients : ndarray of float64, shape (my * mx,)
            One per spline.
        """
        table = coefficients.reshape(self.rows.size, self.columns.size)
        return np.asarray(self.along_rows @ table @ self.along_columns.T)

    def projected(self, image: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the sum of an image times each spline, shape (my * mx,).

        Parameters
        ----------
        image : ndarray of float64, shape (ny, nx)
            Not modified.
        """
        return np.asarray(self.along_rows.T @ image @ self.along_columns).ravel()

    def row_products(self, weight: NDArray[np.float64], waves: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the weighted sum of each spline times functions of the row, shape (my * mx, m).

        Parameters
        ----------
        weight : ndarray of float64, shape (ny, nx)
            Of each pixel. Not modified.
        waves : ndarray of float64, shape (ny, m)
            The functions.
        """
        part = weight @ self.along_columns
        products = (self.along_rows[:, :, None] * part[:, None, :]).reshape(len(part), -1)
        return np.asarray(products.T @ waves)

    def column_products(self, weight: NDArray[np.float64], waves: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the weighted sum of each spline times functions of the column, shape (my * mx, m).

        Parameters
        ----------
        weight : ndarray of float64, shape (ny, nx)
            Of each pixel. Not modified.
        waves : ndarray of float64, shape (nx, m)
            The functions.
        """
        part = weight.T @ self.along_rows
        products = (part[:, :, None] * self.along_columns[:, None, :]).reshape(len(part), -1)
        return np.asarray(products.T @ waves)

    def normal_matrix(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the weighted products of all pairs of splines, shape (my * mx, my * mx).

        Parameters
        ----------
        weight : ndarray of float64, shape (ny, nx)
            Of each pixel. Not modified.
        """
        my, mx = self.rows.size, self.columns.size
        matrix = np.zeros((my, mx, my, mx))
        for up in range(4):  # splines farther apart have no pixel in common
            rows = self.along_rows[:, : my - up] * self.along_rows[:, up:]
            part = rows.T @ weight
            low = np.arange(my - up)[:, None]
            for right in range(-3, 4):
                first = np.arange(max(0, -right), min(mx, mx - right))
                second = first + right
                block = part @ (self.along_columns[:, first] * self.along_columns[:, second])
                matrix[low, first, low + up, second] = block
                matrix[low + up, second, low, first] = block
        return matrix.reshape(self.size, self.size)

    def penalty(self, plate: NDArray[np.float64], smooth: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the inverse covariance of the coefficients before anything is measured, shape (my * mx, my * mx).

        Parameters
        ----------
        plate, smooth : ndarray of float64, shape (my, mx)
            Spectral density at the middles of the splines; see `sky_roughness`. Not modified.

        Notes
        -----
        Inverse powers k^4 / q and k^6 / p are integrals of squares of second and third derivatives (thin plates; Wahba
        1990, Spline Models for Observational Data). Level and slope are free.
        """
        steps = self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]
        total = sparse.csr_matrix((self.size, self.size))
        for order, density, shares in ((2, plate, (1, 2, 1)), (3, smooth, (1, 3, 3, 1))):
            for up, share in enumerate(shares):
                local = _reduced(_reduced(1.0 / density, up).T, order - up).T
                first, second = (
                    _differences(len(axis), times)
                    for axis, times in ((self.rows, up), (self.columns, order - up))
                )
                operator = sparse.kron(first, second, format="csr")
                scale = share * steps[0] ** (1 - 2 * up) * steps[1] ** (1 - 2 * (order - up))
                total = total + operator.T @ sparse.diags(scale * local.ravel()) @ operator
        return np.asarray(total.toarray())


def _splines(length: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of splines at pixels, shape (length, m), and their middles, shape (m,)."""
    knots = np.linspace(-0.5, length - 0.5, max(round(length / _SPACING), 1) + 1)
    step = knots[1] - knots[0]
    outside = step * np.arange(1, 4)
    padded = np.concatenate([knots[0] - outside[::-1], knots, knots[-1] + outside])
    values = BSpline.design_matrix(np.arange(length, dtype=float), padded, 3).toarray()
    return values, padded[2:-2]


def _differences(size: int, order: int) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.diff(np.eye(size), order, axis=0))


def _reduced(values: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Means of neighbours along the first axis, as often as differences are taken."""
    for _ in range(times):
        values = 0.5 * (values[1:] + values[:-1])
    return values
