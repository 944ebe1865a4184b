"""The convolution with the kernel of interpixel capacitance against the pipeline's own, to the last bit."""

from collections import namedtuple

import numpy as np
import pytest

from miri_widgets.steps.acceleration import pixel_coupling as fast
from miri_widgets.steps.acceleration import stock_function

Edges = namedtuple("Edges", "bottom_rows top_rows left_columns right_columns")


@pytest.mark.parametrize("edges", [Edges(0, 0, 4, 4), Edges(0, 0, 0, 0), Edges(2, 1, 0, 3)])
@pytest.mark.parametrize("kernel_shape", [(3, 3), (5, 5), (3, 5), (1, 1), (2, 4), (3, 3, 24, 40)])
@pytest.mark.parametrize("kinds", [("f4", "f4"), ("f4", "f8"), ("f8", "f4")])
@pytest.mark.parametrize("block", [40, 150, 10**6])
def test_every_bit_is_that_of_the_pipeline(edges, kernel_shape, kinds, block, monkeypatch):
    monkeypatch.setattr(fast, "BLOCK", block)
    random = np.random.default_rng(len(kernel_shape) + block)
    data = random.normal(1e4, 3e3, (24, 40)).astype(kinds[0])
    data[random.random(data.shape) < 0.02] = np.nan
    data[3, 7], data[9, 9] = np.inf, -0.0
    kernel = random.normal(0, 0.02, kernel_shape).astype(kinds[1])
    kernel[0] = 0
    kernel[kernel_shape[0] // 2, kernel_shape[1] // 2] = 0.9
    expected, result = data.copy(), data.copy()
    with np.errstate(all="ignore"):
        stock_function(fast.TARGET)(expected, kernel, edges)
        fast.ipc_convolve(result, kernel, edges)
    assert result.tobytes() == expected.tobytes() and not np.array_equal(result, data, equal_nan=True)
