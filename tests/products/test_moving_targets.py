"""Moving targets: told at the scan, never drawn out in silence, and on the grid where the pipeline puts them."""

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import InputError, MixedExposuresError
from miri_widgets.products.checks import program_contradictions
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.moving_targets import mosaic_footprints, moving_targets, require_one_target
from miri_widgets.products.scan import scan

KEYS = {
    "TELESCOP": "JWST", "INSTRUME": "MIRI", "DETECTOR": "MIRIMAGE", "EXP_TYPE": "MIR_IMAGE", "FILTER": "F770W",
    "SUBARRAY": "SUB64", "READPATT": "FASTR1", "NINTS": 1, "NGROUPS": 5, "EFFEXPTM": 10.0, "EXPSTART": 60310.0,
}  # fmt: skip
CORNERS = ((80.0, 10.0), (80.01, 10.0), (80.01, 10.01), (80.0, 10.01))


def write(folder, number, where=None, kind="MOVING", filter_name="F770W"):
    path = folder / f"jw01234001001_02101_{number:05d}_mirimage_cal.fits"
    primary = fits.PrimaryHDU()
    primary.header.update({**KEYS, "TARGTYPE": kind, "FILTER": filter_name})
    sci = fits.ImageHDU(np.zeros((64, 72), "f4"), name="SCI")
    sci.header["S_REGION"] = "POLYGON ICRS  " + " ".join(
        f"{value:.9f}" for corner in CORNERS for value in corner
    )
    if where:
        sci.header["MT_RA"], sci.header["MT_DEC"] = where
    fits.HDUList([primary, sci]).writeto(path)
    return path


def test_the_scan_tells_moving_targets_and_keeps_them(tmp_path):
    for number in (1, 2):
        write(tmp_path, number, (80.0 + 0.01 * number, 10.0))
    write(tmp_path, 3)
    write(tmp_path, 4, kind="FIXED")
    index = tmp_path / "index.json"
    for _ in range(2):  # the second time from the index
        found = scan([tmp_path], index=index).exposures
        assert [one.is_moving for one in found] == [True, True, True, False]
        assert found[1].target_position == (80.02, 10.0)
        told = program_contradictions("01234", found)
    assert any("3 exposures follow a moving target" in one for one in told)
    assert any("1 exposures of this program do not follow" in one for one in told)
    assert any("_00003_mirimage of a moving target without its position" in one for one in told)
    assert Exposure.from_dict(found[0].to_dict()) == found[0]


def test_a_program_of_fixed_targets_has_nothing_to_tell(tmp_path):
    write(tmp_path, 1, kind="FIXED")
    assert moving_targets(scan([tmp_path]).exposures) == ()


@pytest.mark.parametrize(
    ("others", "error", "words"),
    [
        ([{"where": None}], InputError, "without its position"),
        ([{"where": None, "kind": "FIXED"}], MixedExposuresError, "following a moving target"),
        ([{"where": (359.99, 10.0)}], InputError, "both sides of RA 0"),
    ],
)
def test_what_would_be_drawn_out_is_refused_before_the_pipeline_runs(tmp_path, others, error, words):
    from miri_widgets.steps.inputs import check_inputs
    from miri_widgets.steps.stages import stage

    paths = [write(tmp_path, 1, (0.01, 10.0))]
    paths += [write(tmp_path, number, **keys) for number, keys in enumerate(others, 2)]
    with pytest.raises(error, match=words):
        check_inputs(stage("image3"), paths)
    check_inputs(stage("grid"), paths)
    require_one_target([read_exposure(paths[0])])


def test_footprints_follow_the_target_of_each_filter(tmp_path):
    first = read_exposure(write(tmp_path, 1, (80.0, 10.0)))
    second = read_exposure(write(tmp_path, 2, (80.02, 10.04)))
    other = read_exposure(write(tmp_path, 3, (80.5, 10.0), filter_name="F1000W"))
    found = mosaic_footprints([first, second, other])
    assert np.subtract(found[first.root], CORNERS) == pytest.approx(np.tile((0.01, 0.02), (4, 1)))
    assert np.subtract(found[second.root], CORNERS) == pytest.approx(np.tile((-0.01, -0.02), (4, 1)))
    assert found[other.root] == CORNERS


@pytest.mark.pipeline
def test_a_moving_target_lies_in_one_place_of_the_grid(tmp_path):
    from jwst.assign_mtwcs import AssignMTWcsStep
    from jwst.resample import ResampleStep
    from stdatamodels.jwst import datamodels

    from miri_widgets.core.mosaic_grid import parse_footprint
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps.mosaic_grid import grid_of_exposures, write_grid

    paths = [
        write_cal(one, tmp_path)
        for one in calibrated_program("sparse", dithers=2, shape=(60, 80), effects=("noise",))
    ]
    for number, path in enumerate(paths):
        with datamodels.open(path) as model:
            sky = model.meta.wcs(40 + number, 30)
            model.meta.target.type = "MOVING"
            # it moves by 20 arcsec, much more than the dithers, and lies near the middle of each exposure
            model.meta.wcsinfo.mt_ra, model.meta.wcsinfo.mt_dec = float(sky[0]), float(sky[1])
            model.data[:] = 0.0
            model.data[30, 40 + number] = 100.0
            model.save(path)
    exposures = [read_exposure(path) for path in paths]
    assert all(one.is_moving for one in exposures)
    grid = grid_of_exposures(exposures, scale=0.11)
    write_grid(grid, tmp_path / "grid.asdf")
    moved = AssignMTWcsStep().run([str(path) for path in paths])
    with moved:
        for number in range(len(paths)):
            model = moved.borrow(number)
            expected = mosaic_footprints(exposures)[exposures[number].root]
            assert np.allclose(parse_footprint(model.meta.wcsinfo.s_region), expected, atol=1e-7)
            moved.shelve(model, number, modify=False)
    step = ResampleStep(output_wcs=str(tmp_path / "grid.asdf"), save_results=False, weight_type="exptime")
    mosaic = step.run(moved)
    assert mosaic.data.shape == grid.shape
    bright = np.argwhere(np.nan_to_num(mosaic.data) > 5)
    assert np.ptp(bright, axis=0).max() <= 3
    for edge in (mosaic.data[0], mosaic.data[-1], mosaic.data[:, 0], mosaic.data[:, -1]):
        assert not np.isfinite(edge).any()
