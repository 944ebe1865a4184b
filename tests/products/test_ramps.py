"""Ramp files are mapped, whole or refused."""

import mmap

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import MissingFileError, NotFitsError, NotJwstError
from miri_widgets.products.ramps import open_ramp


def write(path, sci, groupdq=None):
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(sci, name="SCI")]
    if groupdq is not None:
        hdus.append(fits.ImageHDU(groupdq, name="GROUPDQ"))
    fits.HDUList(hdus).writeto(path)
    return path


def test_a_ramp_outlives_its_file_and_is_not_read_as_a_whole(tmp_path):
    sci = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    flags = (sci.astype(int) % 7).astype(np.uint8)
    path = write(tmp_path / "x_ramp.fits", sci, flags)
    ramp = open_ramp(path)
    path.unlink()
    assert (ramp.integrations, ramp.groups, ramp.shape) == (2, 3, (4, 5))
    assert np.array_equal(ramp.sci, sci) and np.array_equal(ramp.groupdq, flags)
    base = ramp.sci
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    with pytest.raises(ValueError, match="read-only"):
        ramp.sci[0, 0, 0, 0] = 1


@pytest.mark.parametrize("flags", [None, np.zeros((1, 3, 4, 4), np.uint8)])
def test_without_flags_of_its_shape_it_is_no_ramp(tmp_path, flags):
    path = write(tmp_path / "x_ramp.fits", np.zeros((1, 3, 4, 5), np.float32), flags)
    with pytest.raises(NotJwstError, match="no ramp with flags"):
        open_ramp(path)


def test_a_rate_is_no_ramp(tmp_path):
    image = np.zeros((4, 5), np.float32)
    with pytest.raises(NotJwstError):
        open_ramp(write(tmp_path / "x_rate.fits", image, image.astype(np.uint8)))


def test_missing_and_damaged_files_are_told(tmp_path):
    with pytest.raises(MissingFileError, match="no file x_ramp"):
        open_ramp(tmp_path / "x_ramp.fits")
    whole = write(
        tmp_path / "y_ramp.fits", np.zeros((1, 9, 64, 64), np.float32), np.zeros((1, 9, 64, 64), np.uint8)
    )
    cut = tmp_path / "z_ramp.fits"
    for part in (0, 100, 20_000, whole.stat().st_size // 2):
        cut.write_bytes(whole.read_bytes()[:part])
        with pytest.raises(NotFitsError):
            open_ramp(cut)
