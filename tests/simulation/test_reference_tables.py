"""Tables of the simulated references."""

import pytest

from miri_widgets.simulation.psf import point_spread
from miri_widgets.simulation.reference_tables import annulus, aperture_correction, parameters


@pytest.mark.parametrize("name", ["F560W", "F2550W"])
def test_aperture_corrections_restore_the_flux(name):
    spread = point_spread(name).drizzled()
    seen = spread.under_aperture()
    inner, outer = annulus(name)
    factors = [
        aperture_correction(seen, spread.radius_of(energy), inner, outer) for energy in (0.3, 0.5, 0.7)
    ]
    assert factors == sorted(factors, reverse=True)
    assert 1 / 0.75 < factors[-1] < 1 / 0.6


def test_parameters_follow_the_filter():
    short, long = (parameters(name)["tweakreg"][1] for name in ("F560W", "F2100W"))
    assert short["kernel_fwhm"] < long["kernel_fwhm"]
    assert (short["fitgeometry"], long["fitgeometry"]) == ("rshift", "shift")
