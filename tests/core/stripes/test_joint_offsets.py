"""Laws of the joint estimate: what no stripe changes, what the sky keeps, and what ERR states."""

import numpy as np

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.stripes.stripes import clean_stripes
from tests.support.striped_windows import SHAPE, galaxy, noise, offsets


def exposure(sci):
    sci = np.asarray(sci, np.float32)
    return ExposureArrays(
        sci, np.ones_like(sci), np.zeros(SHAPE, np.uint32), corner=(500, 300), root="a",
        var_rnoise=np.ones_like(sci),
    )  # fmt: skip


def test_stripes_beside_a_galaxy_are_removed_and_the_galaxy_stays():
    left, stated, former = [], [], []
    for seed in range(4):
        stripes = offsets(seed)
        planes = exposure(galaxy() + stripes + noise(seed))
        after = clean_stripes([planes]).exposures[0]
        left.append(np.var(planes.sci - after.sci - stripes))
        stated.append(np.mean(after.err**2 - planes.err**2))
        profiles = clean_stripes([planes], method="profiles").exposures[0]
        former.append(np.var(planes.sci - profiles.sci - stripes))
        assert np.array_equal(after.dq, planes.dq) and np.isfinite(after.sci).all()
    assert np.sqrt(np.mean(left) / 2) < 0.2
    assert np.mean(left) < 0.25 * np.mean(former)
    assert 0.6 < np.sqrt(np.mean(stated) / np.mean(left)) < 1.6


def test_slow_rows_are_removed():
    stripes = offsets(7, slow=1.0)
    planes = exposure(stripes + noise(7))
    after = clean_stripes([planes]).exposures[0]
    assert np.std(planes.sci - after.sci - stripes) < 0.25 * np.std(stripes)
    assert after.facts["stripes"]["power"]["rows"]["slow"] > 0
