"""The point-spread functions have the documented widths and lose no flux."""

import numpy as np
import pytest

from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.psf import point_spread, pupil


@pytest.mark.parametrize("name", FILTERS)
def test_width_agrees_with_the_documentation(name):
    assert point_spread(name).fwhm() == pytest.approx(FILTERS[name].fwhm, rel=0.10)


def test_width_grows_with_the_wavelength():
    widths = [point_spread(name).fwhm() for name in FILTERS]
    assert widths == sorted(widths)


@pytest.mark.parametrize("phase", [(0.0, 0.0), (0.5, 0.5), (0.23, -0.41)])
def test_a_star_keeps_its_flux_at_every_pixel_phase(phase):
    image = np.zeros((301, 301))
    point_spread("F770W").add(image, 150 + phase[0], 150 + phase[1], 100.0)
    assert image.sum() == pytest.approx(100.0, rel=2e-3)
    y, x = np.indices(image.shape)
    near = np.hypot(x - 150, y - 150) < 4
    assert np.average(x[near], weights=image[near]) == pytest.approx(150 + phase[0], abs=0.1)


def test_a_star_outside_of_the_image_adds_only_its_wings():
    image = np.zeros((50, 50))
    point_spread("F560W").add(image, -500.0, 20.0, 100.0)
    assert not image.any()
    point_spread("F560W").add(image, -5.0, 20.0, 100.0)
    assert 0 < image.sum() < 10


def test_encircled_energy_and_radius_are_inverse():
    spread = point_spread("F1000W")
    for fraction in (0.3, 0.5, 0.8):
        assert spread.encircled(spread.radius_of(fraction)) == pytest.approx(fraction, abs=1e-3)


def test_drizzling_widens():
    spread = point_spread("F560W")
    assert spread.drizzled().fwhm() > spread.under_aperture().fwhm() > spread.fwhm()
    assert spread.drizzled().encircled(1.5) < spread.encircled(1.5)


def test_pupil_has_the_area_of_the_segments():
    transmission, positions = pupil()
    area = transmission.sum() * (positions[1] - positions[0]) ** 2
    segments = 18 * np.sqrt(3) / 2 * 1.32**2
    assert 0.9 * segments < area < segments
