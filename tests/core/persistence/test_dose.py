"""Dose: the charge that a pixel collected, above the sky, in full wells."""

import numpy as np
import pytest

from miri_widgets.core.persistence.dose import collected_dose

WELL, PEDESTAL, NUMBER = 50000.0, 9000.0, 10


def ramp(rates, sky):
    """Straight ramps of pixels in a row, beside many that see the sky; DN per group."""
    every = np.concatenate([np.array(rates, float), np.zeros(50)]) + sky
    signal = np.arange(1, NUMBER + 1)[:, None] * every
    first = (signal < WELL).sum(axis=0)
    return (PEDESTAL + np.minimum(signal, WELL))[:, None, :], first[None, :]


def doses(rates, sky=100.0):
    groups, first = ramp(rates, sky)
    return collected_dose(groups, first, np.full(first.shape, PEDESTAL + WELL))[0]


def test_dose_is_the_charge_above_the_sky():
    assert doses([0.0, 1000.0, 2500.0, 4000.0])[:4] == pytest.approx([0.0, 0.2, 0.5, 0.8], abs=0.01)


def test_dose_goes_on_beyond_saturation_and_never_falls():
    values = doses([4900.0, 6000.0, 10000.0, 20000.0, 30000.0, 60000.0])[:6]
    assert np.all(np.diff(values) >= 0)
    assert values[2] == pytest.approx(2.0, rel=0.06)
    assert values[-1] >= 2 * NUMBER


def test_an_even_sky_is_no_dose_however_bright():
    assert np.abs(doses([], sky=4900.0)).max() < 1e-3


def test_a_well_that_is_not_known_gives_no_dose():
    groups, first = ramp([3000.0], 100.0)
    well = np.full(first.shape, PEDESTAL + WELL)
    well[0, 0] = np.nan
    dose = collected_dose(groups, first, well)[0]
    assert np.isnan(dose[0])
    assert np.isfinite(dose[1:]).all()
