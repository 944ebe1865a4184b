"""Planned exposures: their order, names and pointings."""

from miri_widgets.simulation import PROGRAMS
from miri_widgets.simulation.plan import planned_exposures


def test_exposures_are_in_time_order_and_named_by_the_grammar():
    exposures = planned_exposures(PROGRAMS["multifilter"])
    assert [e.start_mjd for e in exposures] == sorted(e.start_mjd for e in exposures)
    names = [e.name.filename for e in exposures]
    assert names[0] == "jw01045001001_02101_00001_mirimage_uncal.fits"
    assert names[2] == "jw01045001001_02103_00001_mirimage_uncal.fits"
    assert len(set(names)) == len(names) == 8


def test_pointing_errors_are_those_of_guide_stars_and_dithers():
    for exposure in planned_exposures(PROGRAMS["demo"]):
        error = [a - b for a, b in zip(exposure.pointing_error, exposure.tile.guide_star_error, strict=True)]
        assert 0.0019 < (error[0] ** 2 + error[1] ** 2) ** 0.5 < 0.0091
