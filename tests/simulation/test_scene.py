"""The image on the detector is the catalogue on the sky."""

import numpy as np
import pytest

from miri_widgets.simulation.distortion import flight_distortion, pixel_areas
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.simulation.program import ProgramField
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.scene import SR_PER_ARCSEC2, build_catalog, render

SMALL = PROGRAMS["small"]


def _clean(**field):
    effects = SMALL.effects.only()
    return SMALL.replace(
        effects=effects,
        field=ProgramField(**{"stars": 1, "galaxies": 0, "flux_min": 1000.0, "flux_max": 1001.0, **field}),
    )


@pytest.mark.parametrize("kind", ["star", "galaxy"])
def test_a_source_has_its_flux_on_the_detector(kind):
    program = _clean(stars=int(kind == "star"), galaxies=int(kind == "galaxy"), galaxy_flux=(1000.0, 1001.0))
    catalog = build_catalog(program)
    catalog["ra"], catalog["dec"] = program.ra, program.dec
    scene = render(program, catalog, "F560W", planned_exposures(program)[0].planned)
    # the light falls on bigger pixels than nominal: their area is part of the flux
    areas = pixel_areas()[program.window.window] * SR_PER_ARCSEC2
    flux = np.sum(scene.rate * areas) * FILTERS["F560W"].photmjsr * 1e12
    assert flux == pytest.approx(catalog["flux_F560W"][0], rel=0.02)
    peak = np.unravel_index(np.argmax(scene.rate), scene.rate.shape)
    assert np.hypot(peak[0] - scene.y[0], peak[1] - scene.x[0]) < 1


def test_positions_are_the_inverse_of_the_sky():
    catalog, exposure = build_catalog(SMALL), planned_exposures(SMALL)[2]
    scene = render(SMALL, catalog, "F560W", exposure.true)
    x, y = scene.x + SMALL.window.xstart - 1, scene.y + SMALL.window.ystart - 1
    ra, dec = exposure.true.to_sky(*flight_distortion().to_v2v3(x, y, "F560W"))
    np.testing.assert_allclose(ra, catalog["ra"], atol=1e-9)
    np.testing.assert_allclose(dec, catalog["dec"], atol=1e-9)


def test_sky_level_is_that_of_the_filter():
    program = _clean(stars=0).replace(effects=SMALL.effects.only("sky"))
    scene = render(program, build_catalog(program), "F770W", planned_exposures(program)[0].true)
    assert np.median(scene.rate) * FILTERS["F770W"].photmjsr == pytest.approx(FILTERS["F770W"].sky, rel=1e-5)


def test_emission_is_fixed_on_the_sky():
    program = _clean(stars=0, emission=1.0)
    first, second = planned_exposures(program)[:2]
    images = [render(program, build_catalog(program), "F560W", e.planned) for e in (first, second)]
    # follow one pixel of the first exposure to the second
    v = flight_distortion().to_v2v3(540.0, 170.0)
    x, y = flight_distortion().to_pixel(*second.planned.to_v2v3(*first.planned.to_sky(*v)))
    here = images[0].rate[170 - 50, 540 - 412]
    there = images[1].rate[round(float(y)) - 50, round(float(x)) - 412]
    assert here > 0 and there == pytest.approx(here, rel=0.03)


def test_catalog_is_sorted_out():
    catalog = build_catalog(PROGRAMS["demo"])
    stars = catalog[catalog["type"] == "star"]
    assert len(stars) == PROGRAMS["demo"].field.stars
    assert stars["flux_ujy"].min() >= PROGRAMS["demo"].field.flux_min
    assert stars["flux_ujy"].max() <= PROGRAMS["demo"].field.flux_max
    assert 0.1 < np.mean(stars["isolated"]) < 1
    assert len(set(catalog["id"])) == len(catalog)
