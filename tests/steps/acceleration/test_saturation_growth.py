"""Neighbours of saturated pixels against the pipeline's own."""

import numpy as np
import pytest

from miri_widgets.steps.acceleration import stock_function
from miri_widgets.steps.acceleration.saturation_growth import TARGET, adjacent_pixels


@pytest.mark.parametrize("share", [0.0, 0.005, 0.02, 0.5])
@pytest.mark.parametrize("grow", [1, 2, 3])
@pytest.mark.parametrize("shape", [(30, 41), (6, 6), (4, 50), (14, 15)])
@pytest.mark.parametrize("kind", ["uint8", "uint32"])
def test_flags_are_those_of_the_pipeline(shape, grow, share, kind):
    random = np.random.default_rng(grow)
    flags = random.choice([0, 1, 4, 5], shape).astype(kind)
    flags[random.random(shape) < share] |= 2
    if share:
        flags[0, 0] |= 2
        flags[-1, 3] |= 2
        flags[2, -1] |= 2
    stock = stock_function(TARGET)

    def outcome(function, plane, inplace):
        try:
            made = function(plane, 2, grow, inplace=inplace)
        except (IndexError, ValueError) as error:  # an image smaller than the box
            return type(error)
        return None if made is None else (made.dtype, made.tobytes()), plane.tobytes()

    for inplace in (False, True):
        # a slice of a cube, as the pipeline hands it over
        cubes = [np.stack([flags, flags]) for _ in range(2)]
        expected, result = (
            outcome(stock, cubes[0][1], inplace),
            outcome(adjacent_pixels, cubes[1][1], inplace),
        )
        assert result == expected
        assert np.array_equal(*cubes)


def test_the_bit_may_be_a_number_of_numpy():
    flags = np.zeros((20, 20), "uint8")
    flags[5, 5] = 2
    assert np.count_nonzero(adjacent_pixels(flags, np.uint8(2), 1) & 2) == 9
