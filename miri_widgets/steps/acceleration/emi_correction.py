"""
The electromagnetic-interference correction without its loop over pixels.

References
----------
``jwst.emicorr.emicorr.emicorr_refwave`` of jwst 3.0 (BSD-3-Clause, STScI), whose arithmetic this follows to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["emicorr_refwave", "sums_by_phase"]

_BAD_REFERENCE_COLUMNS = (1, 2)
"""Of each output channel."""


def emicorr_refwave(
    data: NDArray[np.floating],
    pdq: NDArray[np.integer],
    refwave: NDArray[np.floating],
    nsamples: int,
    rowclocks: int,
    frameclocks: int,
    period_in_pixels: float,
    fit_ints_separately: bool = False,
    nphases_opt: int = 500,
) -> NDArray[np.floating]:
    """
    Fit and subtract a reference waveform, as the pipeline's function of this name.

    Parameters
    ----------
    data : ndarray, shape (nints, ngroups, ny, nx)
        Ramps, DN; changed in place.
    pdq : ndarray of int, shape (ny, nx)
        Flags of the pixels.
    refwave : ndarray, shape (n,)
        Waveform.
    nsamples : int
        Samples of a pixel in a group: 1 for fast, 9 for slow readout.
    rowclocks, frameclocks : int
        Pixel clocks of a row, and of a reset frame.
    period_in_pixels : float
        Period of the waveform, pixel clocks.
    fit_ints_separately : bool, optional
        Whether each integration has an amplitude and phase of its own.
    nphases_opt : int, optional
        Phases at which chi squared is taken.

    Returns
    -------
    ndarray
        `data`.

    Notes
    -----
    The pipeline adds pixel after pixel to the sum of its phase. `numpy.bincount` adds the same numbers in the same
    order in the same precision, so that every sum is equal to the last bit.
    """
    from jwst.emicorr import emicorr as stock
    from scipy import interpolate

    nints, ngroups, ny, nx = data.shape
    columns = nx // 4
    frametime = ny * rowclocks + (1024.0 - ny) * (4 + 3.0)
    times = np.zeros((ny, columns))
    for row in range(ny):
        times[row] = row * rowclocks + np.arange(columns) * nsamples
    phase = (times / period_in_pixels) % 1
    dphase = (frametime / period_in_pixels) % 1
    dphase_frame = dphase * ngroups + frameclocks / period_in_pixels

    waveform = np.array([refwave[-1], *list(refwave), refwave[0]])
    knots = (np.arange(len(refwave) + 2) - 0.5) / len(refwave)
    phasefunc = interpolate.interp1d(knots, waveform, kind="cubic")
    template = (knots[1:-1, np.newaxis] + np.arange(ngroups) * dphase) % 1

    scatter = np.std(data, axis=1)
    good = (scatter < 2 * np.median(scatter)) & (pdq == 0)
    all_y, all_n = sums_by_phase(data, good, phase, template.shape[0])

    phaselist = np.arange(nphases_opt) * 1.0 / nphases_opt
    fitter = stock.EMIfitter(all_y, all_n, phasefunc, template, phaselist, dphase_frame)
    amplitudes: Any
    phases: Any
    if fit_ints_separately:
        amplitudes, phases = [], []
        for integration in range(nints):
            chisq, _ = stock.calc_chisq_amplitudes(fitter, ints=[integration])
            best = stock.get_best_phase(phaselist, chisq)
            phases += [best + integration * dphase_frame]
            _, amplitude = stock.calc_chisq_amplitudes(fitter, phases=[best], ints=[integration])
            amplitudes += amplitude
    else:
        chisq, _ = stock.calc_chisq_amplitudes(fitter)
        best = stock.get_best_phase(phaselist, chisq)
        _, amplitude = stock.calc_chisq_amplitudes(fitter, phases=[best])
        phases = (best + np.arange(nints) * dphase_frame) % 1
        amplitudes = amplitude * nints

    for integration in range(nints):
        for group in range(ngroups):
            wave = phasefunc((phase + dphase * group + phases[integration]) % 1)
            wave = amplitudes[integration] * wave
            for channel in range(4):
                data[integration, group, :, channel::4] -= wave
    return data


def sums_by_phase(
    data: NDArray[np.floating], good: NDArray[np.bool_], phase: NDArray[np.floating], nphases: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Sum the ramps of the good pixels by their phase.

    Parameters
    ----------
    data : ndarray, shape (nints, ngroups, ny, nx)
        Ramps, DN.
    good : ndarray of bool, shape (nints, ny, nx)
        Pixels that count.
    phase : ndarray, shape (ny, nx // 4)
        Phase of the pixels of an output channel, 0 to 1.
    nphases : int
        Number of intervals of the phase.

    Returns
    -------
    tuple of ndarray, shapes (nints, nphases, ngroups) and (nints, nphases)
        Sums, and how many pixels are in them.

    Raises
    ------
    IndexError
        If a phase is rounded up to 1, as in the pipeline.

    Notes
    -----
    A pixel that does not count adds 0 times its value: one that is NaN makes the sum NaN, as in the pipeline.
    """
    nints, ngroups, *_ = data.shape
    columns = np.arange(phase.shape[1] * 4)
    columns = columns[~np.isin(columns // 4, _BAD_REFERENCE_COLUMNS)]
    bins = (phase * nphases).astype(np.intp)[:, columns // 4].ravel()
    if bins.size and bins.max() >= nphases:
        raise IndexError(f"index {bins.max()} is out of bounds for {nphases} phases")
    sums = np.zeros((nints, nphases, ngroups))
    counts = np.zeros((nints, nphases))
    for integration in range(nints):
        use = good[integration][:, columns]
        counts[integration] = np.bincount(bins, weights=use.ravel(), minlength=nphases)
        for group in range(ngroups):
            # the product in the precision of the data, the sum in double precision
            values = data[integration, group][:, columns] * use
            sums[integration, :, group] = np.bincount(bins, weights=values.ravel(), minlength=nphases)
    return sums, counts
