"""Laws of the detector: slopes, noise, saturation, transients."""

import numpy as np
import pytest

from miri_widgets.simulation.detector import DETECTOR, detector_maps
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import SUBARRAYS
from miri_widgets.simulation.ramps import emi_phase_times, expose

WINDOW = SUBARRAYS["SUB64"]


def _expose(rate, *names, ngroups=10, nints=1, seed=1):
    image = np.full(WINDOW.shape, rate, np.float32)
    return expose(image, WINDOW, ngroups, nints, Effects().only(*names), np.random.default_rng(seed))


def test_without_effects_the_slope_is_the_rate():
    data = _expose(1000.0).data.astype(float)
    slope = np.diff(data[0], axis=0).mean() / WINDOW.frame_time
    assert slope == pytest.approx(1000.0, rel=1e-2)


def test_photon_noise_has_the_gain():
    first = _expose(3e4, "photon_noise", ngroups=2).data.astype(float)
    step = first[0, 1] - first[0, 0]
    assert step.var() == pytest.approx(3e4 * WINDOW.frame_time / DETECTOR.gain, rel=0.06)


def test_read_noise_is_that_of_a_single_read():
    data = _expose(0.0, "read_noise", ngroups=20).data.astype(float)
    noise = np.median(data[0].std(axis=0))
    assert noise == pytest.approx(DETECTOR.read_noise, rel=0.08)


def test_saturation_stops_at_the_full_well():
    ramps = _expose(1e6, "saturation")
    assert ramps.data.max() == DETECTOR.pedestal + DETECTOR.full_well
    assert ramps.saturated == np.prod(WINDOW.shape)


def test_linearity_reference_undoes_the_non_linearity():
    linear = np.linspace(DETECTOR.pedestal, DETECTOR.pedestal + DETECTOR.full_well, 200).astype(np.float32)
    measured = DETECTOR.measured(linear).astype(float)
    again = np.polynomial.Polynomial(DETECTOR.linearity_coefficients())(measured)
    np.testing.assert_allclose(again, linear, atol=0.05)
    assert measured[-1] < linear[-1] - 1000


def test_first_integration_has_no_reset_before_it():
    data = _expose(5000.0, "rscd", nints=2).data.astype(int)
    active = ~detector_maps().reference[WINDOW.window]
    assert np.all(data[0, 0][active] > data[1, 0][active] + 20)
    assert np.array_equal(data[0, 0][~active], data[1, 0][~active])
    assert np.abs(data[0, 6] - data[1, 6]).max() <= 2


def test_first_and_last_frames_stand_out():
    data = _expose(0.0, "first_frame", "last_frame").data.astype(float)[0]
    active = ~detector_maps().reference[WINDOW.window]
    assert data[0][active].mean() < data[1][active].mean() - 20
    assert data[-1][active].mean() > data[1][active].mean() + 10
    assert np.all(data[:, ~active] == data[1, 0, 0])


def test_coupling_conserves_the_signal():
    rate = np.zeros(WINDOW.shape, np.float32)
    rate[30, 30] = 1e5
    data = expose(rate, WINDOW, 2, 1, Effects().only("ipc"), np.random.default_rng(1)).data[0, 1] - 12100.0
    assert data.sum() == pytest.approx(1e5 * 2 * WINDOW.frame_time, rel=1e-3)
    assert data[30, 31] / data.sum() == pytest.approx(DETECTOR.coupling, rel=0.05)


def test_cosmic_rays_are_counted():
    ramps = _expose(0.0, "cosmic_rays", ngroups=200)
    jumps = np.diff(ramps.data[0].astype(int), axis=0) > 0
    assert 0 < jumps.sum() <= ramps.hits.sum()
    assert np.all(ramps.hits[0, 1:][jumps])


def test_interference_is_timed_like_the_readout():
    times = emi_phase_times(WINDOW)
    assert times.shape == (64, 18)
    assert times[1, 0] - times[0, 0] == WINDOW.rowclocks


@pytest.mark.parametrize("name", SUBARRAYS)
def test_frame_clocks_are_the_frame_time(name):
    window = SUBARRAYS[name]
    assert window.frameclocks * 10e-6 == pytest.approx(window.frame_time)


def test_fixed_patterns_are_not_corrected():
    assert SUBARRAYS["FULL"].corrected_emi == (10.039216,)
    assert SUBARRAYS["SUB256"].corrected_emi == ()
    assert SUBARRAYS["SUB64"].corrected_emi == (390.625,)
