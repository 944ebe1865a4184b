"""
Interpixel capacitance, a few rows at a time.

References
----------
``jwst.ipc.ipc_corr.ipc_convolve`` of jwst 3.0 (BSD-3-Clause, STScI), whose arithmetic this follows to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.steps.acceleration.registry import stock_function

__all__ = ["BLOCK", "TARGET", "ipc_convolve"]

TARGET = "jwst.ipc.ipc_corr:ipc_convolve"
BLOCK = 32_768
"""Pixels that are worked on at once: they stay in the cache of the processor."""


def ipc_convolve(output_data: NDArray[np.floating], kernel: NDArray[np.floating], nref: Any) -> None:
    """
    Convolve one group with the kernel, as the pipeline's function of this name.

    Parameters
    ----------
    output_data : ndarray, shape (ny, nx)
        The group; changed in place.
    kernel : ndarray, shape (n, m) or (n, m, ny, nx)
        The kernel; one that differs from pixel to pixel is left to the pipeline.
    nref : namedtuple
        Number of reference pixels at each edge.

    Notes
    -----
    The pipeline multiplies the whole image with each element of the kernel and adds it. Rows do not know each other,
    so that the same products are added in the same order here.
    """
    if kernel.ndim != 2:
        stock_function(TARGET)(output_data, kernel, nref)
        return
    rows, columns = kernel.shape
    ny = output_data.shape[0] - (nref.bottom_rows + nref.top_rows)
    nx = output_data.shape[1] - (nref.left_columns + nref.right_columns)
    below, left = rows // 2, columns // 2
    science = output_data[
        nref.bottom_rows : nref.bottom_rows + ny, nref.left_columns : nref.left_columns + nx
    ]
    framed = np.zeros((ny + rows - 1, nx + columns - 1), dtype=output_data.dtype)
    framed[below : below + ny, left : left + nx] = science
    science[...] = 0.0
    middle = (rows // 2, columns // 2)
    elements = [(j, i) for j in range(rows) for i in range(columns) if (j, i) != middle]
    positions = [(element, rows - element[0] - 1, columns - element[1] - 1) for element in elements]
    # the pipeline takes the middle one last, and from where it counts the kernel
    positions.append((middle, *middle))
    step = max(1, BLOCK // max(1, nx))
    for start in range(0, ny, step):
        end = min(start + step, ny)
        for element, down, right in positions:
            science[start:end] += kernel[element] * framed[down + start : down + end, right : right + nx]
