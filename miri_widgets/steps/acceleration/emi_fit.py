"""
Amplitudes and phases of the electromagnetic interference, many integrations at once.

References
----------
``jwst.emicorr.emicorr.EMIfitter`` and ``calc_chisq_amplitudes`` of jwst 3.0 (BSD-3-Clause, STScI), whose arithmetic
these follow to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BLOCK", "calc_chisq_amplitudes", "fill_fitter", "summed_by_numpy", "summed_products"]

BLOCK = 32_768
"""Values that are worked on at once: they stay in the cache of the processor."""

_MOST_AT_ONCE = 128
"""Numbers that NumPy sums without halving them."""


def fill_fitter(
    self: Any,
    all_y: NDArray[np.float64],
    all_n: NDArray[np.float64],
    phasefunc: Callable[[NDArray], NDArray],
    phases_template: NDArray[np.float64],
    phaselist: NDArray[np.float64],
    dphase_frame: float,
) -> None:
    """
    Prepare the sums over the waveform, as ``EMIfitter.__init__``; `self`, the fitter, gets them.

    Parameters
    ----------
    all_y : ndarray, shape (nints, nphases, ngroups)
        Sums of the pixels by phase.
    all_n : ndarray, shape (nints, nphases)
        How many pixels are in them.
    phasefunc : callable
        The waveform by phase, 0 to 1.
    phases_template : ndarray, shape (nphases, ngroups)
        Phases of `all_y`.
    phaselist : ndarray, shape (n,)
        Phases at which sums are prepared.
    dphase_frame : float
        Difference of the phase from integration to integration.

    Notes
    -----
    The waveform is a spline: its value at a phase does not depend on the phases that are asked for with it.
    """
    self.all_y, self.all_n = all_y, all_n
    self.nints, self.nphases, self.ngroups = all_y.shape
    self.grouptimes = np.arange(self.ngroups)
    self.s_tt = np.sum(self.grouptimes**2)
    self.s_t = np.sum(self.grouptimes)
    self.delta = self.ngroups * self.s_tt - self.s_t**2
    self.all_sy = np.sum(self.all_y, axis=2)
    self.all_sty = np.sum(self.all_y * self.grouptimes, axis=2)
    self.phaselist, self.phases_template = phaselist, phases_template
    self.phasefunc, self.dphase_frame = phasefunc, dphase_frame
    self.zlist, self.szlist, self.stzlist, self.szzlist = [], [], [], []
    # groups before phases in memory, as in the pipeline: the order of every sum follows from it
    template = np.ascontiguousarray(phases_template.T)
    step = max(1, BLOCK // max(1, template.size))
    for start in range(0, len(phaselist), step):
        waves = phasefunc((template + phaselist[start : start + step, None, None]) % 1)
        self.zlist += [wave.T for wave in waves]
        self.stzlist += list(np.sum(self.grouptimes[:, None] * waves, axis=1))
        self.szlist += list(np.sum(waves, axis=1))
        self.szzlist += list(np.sum(waves**2, axis=1))


def calc_chisq_amplitudes(
    emifitter: Any, ints: Sequence[int] | NDArray[np.integer] | None = None, phases: ArrayLike | None = None
) -> tuple[list[float], list[float]]:
    """
    Return chi squared and amplitude at phases, as the pipeline's function of this name.

    Parameters
    ----------
    emifitter : jwst.emicorr.emicorr.EMIfitter
        The prepared sums.
    ints : sequence of int, optional
        Integrations that are taken together; all by default.
    phases : sequence of float, optional
        Phases of the waveform; those of the fitter by default.

    Returns
    -------
    tuple of list of float
        Chi squared and amplitudes, by phase.

    Notes
    -----
    The pipeline sums for each phase and integration. Here each prepared phase is multiplied with all integrations
    that come by it; each sum has the same terms in the same order.
    """
    fitter = emifitter
    chosen = [int(number) for number in (np.arange(fitter.nints) if ints is None else ints)]
    wanted = fitter.phaselist if phases is None else np.asarray(phases, dtype=np.float64)
    away = fitter.phaselist - wanted[:, None]
    shifts = [fitter.dphase_frame * integration for integration in chosen]
    nearest = np.array([np.argmin(np.abs((away - shift) % 1), axis=1) for shift in shifts], dtype=np.intp)
    nearest = nearest.reshape(len(chosen), len(wanted))
    curvature, slope, product = _terms(fitter, chosen, nearest)
    a = np.zeros(len(wanted))
    b = np.zeros(len(wanted))
    for row, indices in enumerate(nearest):
        a += curvature[row, indices]
        b += (2 / fitter.delta) * slope[row, indices]
        b -= 2 * product[row, indices]
    chisq: list[float] = []
    amplitudes: list[float] = []
    for a_, b_ in zip(a, b, strict=True):
        if np.isclose(a_, 0, atol=1e-8) or ~np.isfinite(a_) or ~np.isfinite(b_):
            chisq.append(np.nan)
            amplitudes.append(0.0)
        else:
            c = -b_ / (2 * a_)
            chisq.append(a_ * c**2 + b_ * c)
            amplitudes.append(c)
    return chisq, amplitudes


def _terms(
    fitter: Any, chosen: list[int], nearest: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the three sums of each integration (rows) with each prepared phase that it needs (columns)."""
    shape = (len(chosen), len(fitter.phaselist))
    curvature, slope, product = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    which = np.array(chosen, dtype=np.intp)
    y, weights = fitter.all_y[which], fitter.all_n[which] / fitter.delta
    s_y, s_ty = fitter.all_sy[which], fitter.all_sty[which]
    by_group = np.ascontiguousarray(y.transpose(2, 0, 1))
    # sums in pieces are in the order of NumPy: looked at once, as other versions may sum otherwise
    same = len(which) > 0 and np.array_equal(
        summed_products(fitter.zlist[0], by_group), summed_by_numpy(fitter.zlist[0], y)
    )
    for k in np.unique(nearest):
        rows = (nearest == k).any(axis=1)
        # all of them as a view, without a copy
        some: Any = slice(None) if rows.all() else np.flatnonzero(rows)
        z, s_tz, s_z, s_zz = fitter.zlist[k], fitter.stzlist[k], fitter.szlist[k], fitter.szzlist[k]
        shape_k = (
            -fitter.s_tt * s_z**2
            + 2 * fitter.s_t * s_z * s_tz
            - fitter.ngroups * s_tz**2
            + s_zz * fitter.delta
        )
        curvature[some, k] = np.sum(weights[some] * shape_k, axis=1)
        slope[some, k] = np.sum(
            fitter.s_tt * s_z * s_y[some]
            - fitter.s_t * s_tz * s_y[some]
            - fitter.s_t * s_z * s_ty[some]
            + fitter.ngroups * s_tz * s_ty[some],
            axis=1,
        )
        products = summed_products(z, by_group[:, some]) if same else summed_by_numpy(z, y[some])
        product[some, k] = np.sum(products, axis=1)
    return curvature, slope, product


def summed_by_numpy(z: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the sums over groups of the products with each integration, each as the pipeline takes it.

    Parameters
    ----------
    z : ndarray, shape (nphases, ngroups)
        The waveform.
    y : ndarray, shape (nints, nphases, ngroups)
        Sums of the pixels.
    """
    return np.array([np.sum(z * row, axis=1) for row in y])


def summed_products(z: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the sums over groups of ``z[p, g] * y[g, i, p]``, by integration and phase.

    NumPy adds fewer than 8 numbers one after the other, up to 128 in 8 interleaved sums, and more in halves; so do
    whole images of numbers here.

    Parameters
    ----------
    z : ndarray, shape (nphases, ngroups)
        The waveform.
    y : ndarray, shape (ngroups, nints, nphases)
        Sums of the pixels, groups first.
    """
    total = np.empty(y.shape[1:])
    step = max(1, BLOCK // (8 * max(1, y.shape[2])))
    for start in range(0, y.shape[1], step):
        piece = slice(start, start + step)
        total[piece] = _pairwise(z, y[:, piece], 0, len(y))
    return total


def _pairwise(z: NDArray[np.float64], y: NDArray[np.float64], start: int, end: int) -> NDArray[np.float64]:
    count = end - start
    if count > _MOST_AT_ONCE:
        half = start + count // 2 - count // 2 % 8
        return _pairwise(z, y, start, half) + _pairwise(z, y, half, end)
    product = np.empty(y.shape[1:])
    lanes = 8 if count >= 8 else 1
    sums = [z[:, start + lane] * y[start + lane] for lane in range(lanes)]
    whole = start + count - count % lanes
    for group in range(start + lanes, whole):
        np.multiply(z[:, group], y[group], out=product)
        sums[(group - start) % lanes] += product
    while len(sums) > 1:
        sums = [left + right for left, right in zip(sums[::2], sums[1::2], strict=True)]
    for group in range(whole, end):
        np.multiply(z[:, group], y[group], out=product)
        sums[0] += product
    return sums[0]
