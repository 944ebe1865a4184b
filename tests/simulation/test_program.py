"""Programs are values: checked, comparable, changed by copy."""

import subprocess
import sys

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.simulation import PROGRAMS, SimulatedTile


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


def test_import_is_cheap():
    code = (
        "import sys, miri_widgets.simulation as s; s.PROGRAMS; "
        "bad = {'jwst', 'stdatamodels', 'pysiaf', 'crds', 'astropy'} & set(sys.modules); sys.exit(', '.join(bad))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.strip() == ""
