"""Programs are values: checked, comparable, changed by copy."""

import subprocess
import sys

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.simulation import PROGRAMS, SimulatedTile
from miri_widgets.simulation.plan import planned_exposures


def test_ready_made_programs():
    assert {"demo", "small", "brightsky", "sub128", "sub64", "multifilter", "artefacts"} <= set(PROGRAMS)
    demo = PROGRAMS["demo"]
    assert (demo.subarray, demo.filters, demo.ngroups, demo.nints) == ("FULL", ("F770W",), 10, 1)
    assert (len(demo.tiles), len(demo.dithers)) == (2, 3)
    assert all(name == program.name for name, program in PROGRAMS.items())


@pytest.mark.parametrize(
    "change",
    [
        {"subarray": "SUB32"},
        {"filters": ("F444W",)},
        {"filters": ()},
        {"ngroups": 1},
        {"nints": 0},
        {"program": "12"},
        {"tiles": ()},
        {"tiles": (SimulatedTile(), SimulatedTile())},
        {"dec": 90.0},
    ],
)
def test_nonsense_is_refused(change):
    with pytest.raises(ParameterError):
        PROGRAMS["small"].replace(**change)


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


def test_import_is_cheap():
    code = (
        "import sys, miri_widgets.simulation as s; s.PROGRAMS; "
        "bad = {'jwst', 'stdatamodels', 'pysiaf', 'crds', 'astropy'} & set(sys.modules); sys.exit(', '.join(bad))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.strip() == ""
