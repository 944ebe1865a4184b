"""The unmodified pipeline, offline, on simulated and on laboratory exposures."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.simulation import PROGRAMS, import_laboratory_ramp, simulate, write_reference_cache

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
RAMPS = SHARED / "data" / "raw" / "MIRI_5582_89_S_20180308-010230_SCE1_pipe.fits"
GOLDEN = SHARED / "data" / "wcs" / "carina_golden_wcs.json"

pytestmark = pytest.mark.pipeline

# No network: a connection to anywhere ends the process.
_REDUCE = """
import sys
def audit(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"network: {args}")
sys.addaudithook(audit)
from jwst.pipeline import Detector1Pipeline
for path in sys.argv[2:]:
    Detector1Pipeline.call(path, output_dir=sys.argv[1], save_results=True)
"""


@pytest.fixture(scope="module")
def reduced(tmp_path_factory):
    """Rates of a simulated SUB64 exposure and, where there is one, of a laboratory ramp; one process for both."""
    folder = tmp_path_factory.mktemp("reduced")
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB64",))
    program = PROGRAMS["sub64"].replace(dithers=((0.0, 0.0),))
    made = simulate(program, folder, save_rates=True)
    exposures = [str(made.uncal[0])]
    if RAMPS.is_file():
        exposures.append(str(import_laboratory_ramp(RAMPS, folder / "laboratory")[0]))
    result = subprocess.run(
        [sys.executable, "-c", _REDUCE, str(folder), *exposures],
        env={**os.environ, **cache.environment()},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return made, folder


def test_detector_stage_recovers_the_true_rate(reduced):
    made, folder = reduced
    name = made.uncal[0].name
    with fits.open(folder / name.replace("uncal", "rate")) as hdus:
        rate, error, dq = (hdus[key].data for key in ("SCI", "ERR", "DQ"))
    true = fits.getdata(made.truth.parent / name.replace("uncal.fits", "truerate.fits"))
    good = (dq & 1 == 0) & (true > 0) & (error > 0)
    pull = (rate - true)[good] / error[good]
    assert good.mean() > 0.8
    assert abs(np.median(pull)) < 0.2
    assert 0.8 < 1.4826 * np.median(np.abs(pull - np.median(pull))) < 1.4
    bright = good & (true > np.percentile(true[good], 99)) & (true < 2e4)
    assert np.median(rate[bright] / true[bright]) == pytest.approx(1, abs=0.02)


@pytest.mark.skipif(not RAMPS.is_file(), reason="the laboratory ramps are not on this machine")
def test_detector_stage_reduces_laboratory_ramps(reduced):
    _, folder = reduced
    with fits.open(folder / "jw00000582001_01101_00089_mirimage_rateints.fits") as hdus:
        rates, dq = hdus["SCI"].data, hdus["DQ"].data
    assert rates.shape == (5, 64, 72)
    # dark laboratory ramps: hardly any slope once the first integration has settled
    assert abs(np.median(rates[1:][(dq[1:] & 1) == 0])) < 20


@pytest.mark.skipif(not GOLDEN.is_file(), reason="the real pointing is not on this machine")
def test_wcs_of_our_headers_reproduces_real_corners():
    from miri_widgets.simulation.golden import golden_corner_error

    assert golden_corner_error(GOLDEN) < 0.01
