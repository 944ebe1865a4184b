"""Exposures of others, which may be read and not written, are corrected into a folder of one's own."""

import os
import shutil
import subprocess
import sys

import pytest

from miri_widgets.products.exposure_headers import read_exposure

_RUN = """
import sys
from pathlib import Path
from miri_widgets.steps.execute import execute
folder = Path(sys.argv[1])
print(execute("stripes", [folder / "data" / sys.argv[2]], {"prove": False}, folder / "mine" / "run").products)
"""


_WITHOUT_POWER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""Root without the power to pass over permissions."""


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write everywhere")
def test_read_only_data_of_others_are_corrected_into_a_folder_of_ones_own(tmp_path):
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    (exposure, *_) = calibrated_program("sparse", dithers=1, shape=(60, 80), effects=("noise",))
    data, mine = tmp_path / "data", tmp_path / "mine"
    path = write_cal(exposure, data)
    before = path.read_bytes()
    path.chmod(0o444)
    data.chmod(0o555)
    mine.mkdir()
    done = subprocess.run(
        [*_WITHOUT_POWER, sys.executable, "-c", _RUN, str(tmp_path), path.name],
        capture_output=True,
        text=True,
        timeout=300,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (product,) = (mine / "run").glob("*_cal.fits")
    assert read_exposure(product).root == read_exposure(path).root
    assert product.stat().st_mode & 0o200
    assert path.read_bytes() == before and [one.name for one in data.iterdir()] == [path.name]
