"""The grid in a file is the grid that resample makes its mosaic on."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from miri_widgets.core.mosaic_grid import MosaicGrid
from miri_widgets.errors import BadTableError, MissingFileError

GRID = MosaicGrid(80.5, -69.5, 0.2, 37.0, 61, 47)


@pytest.fixture(scope="module")
def cals(tmp_path_factory):
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    program = calibrated_program("sparse", dithers=2, shape=(60, 80), effects=("noise",))
    return [write_cal(one, tmp_path_factory.mktemp("cals")) for one in program]


def test_there_and_back(tmp_path):
    from miri_widgets.steps.mosaic_grid import read_grid, write_grid

    write_grid(GRID, tmp_path / "grid.asdf")
    assert read_grid(tmp_path / "grid.asdf") == GRID


def test_grid_of_another_program_s_file(tmp_path):
    import asdf

    from miri_widgets.steps.mosaic_grid import grid_wcs, read_grid

    asdf.AsdfFile({"wcs": grid_wcs(GRID), "array_shape": [47, 61]}).write_to(tmp_path / "other.asdf")
    found = read_grid(tmp_path / "other.asdf")
    assert found.shape == GRID.shape
    assert (found.ra, found.dec, found.scale, found.rotation) == pytest.approx(
        (80.5, -69.5, 0.2, 37.0), abs=1e-4
    )


def test_bad_files(tmp_path):
    from miri_widgets.steps.mosaic_grid import read_grid

    with pytest.raises(MissingFileError, match="make the grid"):
        read_grid(tmp_path / "none.asdf")
    (tmp_path / "bad.asdf").write_bytes(b"no grid")
    with pytest.raises(BadTableError, match="holds no mosaic grid"):
        read_grid(tmp_path / "bad.asdf")


def test_gwcs_and_fits_agree():
    from miri_widgets.steps.mosaic_grid import grid_wcs

    x, y = np.array([0.0, 60, 30, 12.5]), np.array([0.0, 46, 23, 40.25])
    assert np.abs(np.subtract(grid_wcs(GRID)(x, y), GRID.wcs().all_pix2world(x, y, 0))).max() < 1e-11


@pytest.mark.parametrize("order", [1, -1])
def test_resample_makes_exactly_this_grid_whatever_the_order(cals, tmp_path, order):
    from jwst.resample import ResampleStep

    from miri_widgets.products.exposure_headers import read_exposure
    from miri_widgets.steps.mosaic_grid import grid_of_exposures, write_grid

    grid = grid_of_exposures([read_exposure(path) for path in cals[::order]], rotation=37.0, scale=0.15)
    write_grid(grid, tmp_path / "grid.asdf")
    step = ResampleStep(
        output_wcs=str(tmp_path / "grid.asdf"), output_file=str(tmp_path / "m.fits"), output_dir=str(tmp_path)
    )
    mosaic = step.run([str(path) for path in cals[::order]])
    assert mosaic.data.shape == grid.shape
    mosaic.save(tmp_path / "m_i2d.fits")
    wcs = WCS(fits.getheader(tmp_path / "m_i2d.fits", "SCI"))
    assert np.allclose(wcs.wcs.crval, (grid.ra, grid.dec), atol=1e-12)
    assert np.allclose(wcs.wcs.crpix, np.add(grid.crpix, 1), atol=1e-9)
    assert np.allclose(wcs.pixel_scale_matrix, grid.wcs().pixel_scale_matrix, atol=1e-15)
    # all of every exposure lies on the grid
    assert not np.isfinite(mosaic.data[0]).any()
    assert not np.isfinite(mosaic.data[:, -1]).any()
    seen = np.isfinite(mosaic.data).sum() * 0.15**2
    assert seen > 0.95 * 60 * 80 * 0.11**2
