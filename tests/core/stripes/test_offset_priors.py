"""The power of offsets at each frequency is found by its likelihood."""

import numpy as np
import pytest

from miri_widgets.core.stripes.offset_priors import offset_power


@pytest.mark.parametrize(("white", "slow"), [(0.0, 0.0), (1.0, 0.0), (0.0, 50.0)])
def test_power_is_found_by_likelihood(white, slow):
    order = np.arange(1, 400)
    variance = np.full(order.size, 0.01)
    truth = white + slow / order
    measured = np.random.default_rng(6).normal(0, np.sqrt(truth + variance))
    power, facts = offset_power(measured, variance)
    assert np.all(power >= 0)
    assert (facts["slow"] > 0) == (slow > 0)
    assert np.mean(power) == pytest.approx(np.mean(truth), rel=0.5, abs=0.002)
