"""What exposures show of cells of sky, and what else is known of their levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Measurements", "Pattern", "Prior", "components_of"]


@dataclass(frozen=True, eq=False)
class Measurements:
    """
    Values of cells in exposures; arrays of shape (n,).

    Attributes
    ----------
    cell, exposure : ndarray of int
        0-based numbers.
    block : ndarray of int
        Number of the part of the sky around the cell in which errors may be alike.
    value, err : ndarray of float64
        Measured value and its standard deviation.
    u, v : ndarray of float64
        Detector coordinates.
    """

    cell: NDArray[np.int64]
    exposure: NDArray[np.int64]
    block: NDArray[np.int64]
    value: NDArray[np.float64]
    err: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return int(self.cell.max()) + 1 if self.cell.size else 0

    def sums(self, number: NDArray[np.integer], values: NDArray[np.float64]) -> csr_array:
        """
        Return the matrix that sums `values` times something over equal `number`, which need not be consecutive.

        Parameters
        ----------
        number : ndarray of int
            Index of the sum that each measurement adds to, shape (n,).
        values : ndarray
            Factor of each measurement, shape (n,).
        """
        rows = np.unique(number, return_inverse=True)[1]
        columns = np.arange(number.size)
        size = int(rows.max()) + 1 if rows.size else 0
        return csr_array((values, (rows, columns)), (size, number.size))

    def apart(self, components: NDArray[np.integer]) -> Measurements:
        """
        Return those in cells that several exposures of one component measure; cells are numbered anew.

        Parameters
        ----------
        components : ndarray of int
            Component of each group, shape (ngroups,).
        """
        if not self.cell.size:
            return self
        cell = self.cell * (int(components.max()) + 1) + components[self.exposure]
        _, index, count = np.unique(cell, return_inverse=True, return_counts=True)
        keep = count[index] > 1
        return Measurements(
            np.unique(cell[keep], return_inverse=True)[1],
            self.exposure[keep],
            self.block[keep],
            *(part[keep] for part in (self.value, self.err, self.u, self.v)),
        )


@dataclass(frozen=True, eq=False)
class Prior:
    """
    What is known of levels and slopes beside the cells that are shared: Gaussian.

    Attributes
    ----------
    centre : ndarray of float64, shape (nexp + 2 ngroup,)
        In the order of `LevelSolution.covariance`.
    precision : ndarray of float64, shape (nexp + 2 ngroup, nexp + 2 ngroup)
        Inverse covariance; singular where nothing is known.
    """

    centre: NDArray[np.float64]
    precision: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pattern:
    """
    A pattern of the detector that all exposures have in common: a slope, and boxes beside it.

    Attributes
    ----------
    box : ndarray of int, shape (n,)
        0-based number of the box of the detector in which a cell lies.
    rms : float
        Standard deviation of the boxes before anything is measured; 0: a slope alone.
    slope_rms : float
        That of the slope along either axis.
    """

    box: NDArray[np.int64]
    rms: float
    slope_rms: float

    @property
    def boxes(self) -> int:
        """How many boxes there are."""
        return int(self.box.max()) + 1 if self.box.size and self.rms > 0 else 0


def components_of(measurements: Measurements, groups: NDArray[np.integer], least: int) -> NDArray[np.int64]:
    """
    Tell which exposures hang together.

    Parameters
    ----------
    measurements : Measurements
        What was measured.
    groups : ndarray of int, shape (nexp,)
        Group of each exposure; exposures of one group always hang together.
    least : int
        Exposures that share so many cells do.

    Returns
    -------
    ndarray of int, shape (nexp,)
        0-based number of the component.
    """
    number = len(groups)
    if measurements.cell.size:
        seen = csr_array(
            (np.ones(measurements.cell.size), (measurements.cell, measurements.exposure)),
            (measurements.cell.max() + 1, number),
        )
        links = (seen.T @ seen).toarray() >= least
    else:
        links = np.zeros((number, number), bool)
    links |= groups[:, np.newaxis] == groups[np.newaxis, :]
    return np.asarray(connected_components(csr_array(links), directed=False)[1], np.int64)
