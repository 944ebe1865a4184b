"""Real laboratory ramps become raw exposures; messages for what is none."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import MissingFileError, NotFitsError, NotImagingError
from miri_widgets.simulation import import_laboratory_ramp

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
RAMPS = SHARED / "data" / "raw" / "MIRI_5582_89_S_20180308-010230_SCE1_pipe.fits"


def _like_the_laboratory(path, shape=(2, 3, 64, 72), subarray="SUB64"):
    data = np.random.default_rng(1).integers(10000, 13000, shape).astype(np.uint16)
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"SUBARRAY": subarray, "OBS_ID": "5582", "EXP_ID": 89, "READPATT": "FAST", "ORIGIN": "JPL"}
    )
    fits.HDUList([primary, fits.ImageHDU(data, name="SCI")]).writeto(path)
    return data


def test_pixels_stay_and_keywords_are_explained(tmp_path):
    data = _like_the_laboratory(tmp_path / "lab.fits")
    path, added = import_laboratory_ramp(tmp_path / "lab.fits", tmp_path / "out")
    assert path.name == "jw00000582001_01101_00089_mirimage_uncal.fits"
    with fits.open(path) as hdus:
        assert np.array_equal(hdus["SCI"].data, data)
        header = hdus[0].header
        assert (header["EXP_TYPE"], header["READPATT"], header["SUBARRAY"]) == (
            "MIR_IMAGE",
            "FASTR1",
            "SUB64",
        )
        assert (header["NINTS"], header["NGROUPS"], header["SUBSTRT2"]) == (2, 3, 779)
    assert all(reason for _, reason in added.values())
    assert added["exposure.type"][0] == "MIR_IMAGE"


def test_what_is_no_laboratory_ramp(tmp_path):
    with pytest.raises(MissingFileError):
        import_laboratory_ramp(tmp_path / "none.fits", tmp_path)
    (tmp_path / "text.fits").write_text("not FITS")
    with pytest.raises(NotFitsError):
        import_laboratory_ramp(tmp_path / "text.fits", tmp_path)
    _like_the_laboratory(tmp_path / "odd.fits", shape=(1, 3, 60, 70))
    with pytest.raises(NotImagingError, match="SUB64"):
        import_laboratory_ramp(tmp_path / "odd.fits", tmp_path)
    _like_the_laboratory(tmp_path / "mrs.fits", subarray="MASK1065")
    with pytest.raises(NotImagingError):
        import_laboratory_ramp(tmp_path / "mrs.fits", tmp_path)


@pytest.mark.skipif(not RAMPS.is_file(), reason="the laboratory ramps are not on this machine")
def test_real_ramps(tmp_path):
    path, _ = import_laboratory_ramp(RAMPS, tmp_path)
    with fits.open(path) as ours, fits.open(RAMPS) as theirs:
        assert np.array_equal(ours["SCI"].data, theirs["SCI"].data)
        assert ours["SCI"].data.shape == (5, 50, 64, 72)
